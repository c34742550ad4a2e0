/** What gpg said of one signature on its status lines. Its exit code says nothing: doc/DETAILS. */
export interface GpgStatus {
  /** The signature is right, of whatever key and whatever became of it. */
  valid: { fingerprint: string; primary: string; claimedAtMs: number } | null;
  good: boolean;
  bad: boolean;
  revoked: boolean;
  expiredKey: boolean;
  expiredSignature: boolean;
  /** It has no such public key, or can't use it. */
  unchecked: boolean;
}

const PREFIX = '[GNUPG:] ';

/** null where it spoke of no signature or of several: one file, one signer. */
export function readGpgStatus(text: string): GpgStatus | null {
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith(PREFIX))
    .map((line) => line.slice(PREFIX.length).split(' '));
  const has = (word: string): boolean => lines.some(([first]) => first === word);
  if (lines.filter(([first]) => first === 'NEWSIG').length !== 1) return null;
  const valids = lines.filter(([first]) => first === 'VALIDSIG');
  if (valids.length > 1) return null;
  const [, fingerprint = '', , at = ''] = valids[0] ?? [];
  const primary = valids[0]?.at(10) ?? '';
  const isWhole = /^[0-9A-F]{40}$/.test(fingerprint) && /^[0-9A-F]{40}$/.test(primary);
  return {
    valid: isWhole
      ? {
          fingerprint: fingerprint.toLowerCase(),
          primary: primary.toLowerCase(),
          claimedAtMs: 1_000 * Number(at),
        }
      : null,
    good: has('GOODSIG'),
    bad: has('BADSIG'),
    revoked: has('REVKEYSIG'),
    expiredKey: has('EXPKEYSIG'),
    expiredSignature: has('EXPSIG'),
    unchecked: has('ERRSIG') || has('NO_PUBKEY'),
  };
}

export interface Revocation {
  atMs: number;
  /** Superseded or no longer used: what the key signed before is as good as it was. */
  soft: boolean;
}

/** RFC 4880, 5.2.3.23: of the others nobody can say since when the key was in other hands. */
const SOFT_REASONS: readonly string[] = ['01', '03'];

/**
 * Revocations that touch a key or its primary, from `--check-sigs --with-colons`; null where there
 * is one that gpg could not check.
 */
export function readRevocations(colons: string, fingerprint: string): readonly Revocation[] | null {
  const found: Revocation[] = [];
  const open: Revocation[] = [];
  let isPrimary = true;
  let isThis = false;
  for (const line of colons.split('\n')) {
    const fields = line.split(':');
    const [kind] = fields;
    if (kind === 'pub' || kind === 'sub') {
      isPrimary = kind === 'pub';
      isThis = false;
    }
    if (kind === 'fpr') isThis = isPrimary || fields[9]?.toLowerCase() === fingerprint;
    if (kind !== 'rev' && kind !== 'rvs') continue;
    const [signatureClass = '', reason = ''] = (fields[10] ?? '').split(',');
    if (!/^(?:20|28)x?$/.test(signatureClass)) continue;
    const revocation = { atMs: 1_000 * Number(fields[5]), soft: SOFT_REASONS.includes(reason) };
    if (isThis && fields[1] === '!') found.push(revocation);
    else if (isThis) open.push(revocation);
  }
  return open.length > 0 ? null : found;
}
