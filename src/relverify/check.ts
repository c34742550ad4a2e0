import { fromUtf8 } from '../base/bytes.ts';
import { sha256 } from '../base/digest.ts';
import type { Result } from '../base/result.ts';
import { parseSshLine } from '../base/ssh-key.ts';
import { sshsigFault, unarmorSshsig } from '../base/sshsig.ts';
import { Claims, type PackReport } from '../verify/pack/claim.ts';
import { goesOnFrom, type HeldLog, tellTheSame } from '../verify/pack/histories.ts';
import { FILE, FOLDER, SSH_NAMESPACE } from '../verify/pack/layout.ts';
import type { PackFiles } from '../verify/pack/tar.ts';
import { type VerifiedPack, verifyPack } from '../verify/pack/verify-pack.ts';
import { detachedFault, type ReadPack } from './read-pack.ts';

/** What a caller brings from elsewhere to hold a pack against. */
export interface Wanted {
  logKey: string | null;
  /** A line of a public ssh key; null: the manifest's signature is not looked at. */
  manifestKey: string | null;
  /** The note of an earlier checkpoint. */
  since: string | null;
  also: ReadPack | null;
  /** The bytes of the program that runs. */
  verifier: Uint8Array | null;
}

/** Everything that can be said of an archive. */
export function check(pack: ReadPack, wanted: Wanted): PackReport {
  const claims = new Claims();
  const { files } = pack;
  claims.recomputed(
    'the archive is as a pack is made, to the last byte',
    pack.path,
    'unpacked, and each byte of the tar compared with the one that it must be',
    {
      fault: files.ok ? null : files.problem.message,
      detail: `SHA-256 ${pack.sha256}`,
    },
  );
  if (pack.detached !== null) {
    claims.recomputed('the digest beside the archive', `${pack.path}.sha256`, 'SHA-256', {
      fault: detachedFault(pack),
      detail: 'the same',
    });
  }
  if (!files.ok) return unopened(claims, wanted);
  const verified = verifyPack(files.value, { logKey: wanted.logKey });
  claims.list.push(...verified.report.claims);
  claimSignature(claims, files.value, wanted.manifestKey);
  claimTimestamps(claims, files.value);
  claimVerifier(claims, files.value, wanted.verifier);
  claimHistories(claims, verified, wanted);
  const { report } = verified;
  return { ...report, verified: report.verified && claims.hold, claims: claims.list };
}

function unopened(claims: Claims, { logKey }: Wanted): PackReport {
  return {
    promotion: '',
    release: '',
    outcome: 'unknown',
    logKey: '',
    isLogKeyPinned: logKey !== null,
    verified: false,
    claims: claims.list,
  };
}

function claimSignature(claims: Claims, files: PackFiles, key: string | null): void {
  const signature = files.get(FILE.manifestSsh);
  if (key === null) {
    if (signature === undefined && !files.has(FILE.manifestGpg)) return;
    const method = 'by ssh-keygen and gpg, as VERIFY.md says; or --manifest-key';
    claims.recorded('the manifest is signed', FILE.manifest, method, 'not looked at here');
    return;
  }
  const fault = signatureFault(files, signature, key);
  claims.recomputed(
    'the manifest is signed by the key that you named',
    FILE.manifestSsh,
    `ssh signature, namespace ${SSH_NAMESPACE}`,
    {
      fault,
      detail: 'it holds',
    },
  );
}

function signatureFault(
  files: PackFiles,
  signature: Uint8Array | undefined,
  key: string,
): string | null {
  const parsed = parseSshLine(key.trim());
  if (parsed === null) return 'what you named is no line of a public ssh key';
  if (signature === undefined) return `${FILE.manifestSsh}: the pack has none`;
  const blob = unarmorSshsig(fromUtf8(signature) ?? '');
  if (blob === null) return `${FILE.manifestSsh}: it is no ssh signature`;
  const manifest = files.get(FILE.manifest) ?? new Uint8Array();
  const fault = sshsigFault(blob, { key: parsed, namespace: SSH_NAMESPACE }, manifest);
  return fault === null ? null : `${FILE.manifestSsh}: ${fault}`;
}

function claimTimestamps(claims: Claims, files: PackFiles): void {
  const tokens = [...files.keys()].filter((name) => name.startsWith(FOLDER.timestamps));
  if (tokens.length === 0) return;
  const method = 'by openssl ts, as VERIFY.md says';
  claims.recorded(
    "authorities saw the log's head",
    FOLDER.timestamps,
    method,
    `${tokens.length} files`,
  );
}

function claimVerifier(claims: Claims, files: PackFiles, own: Uint8Array | null): void {
  const held = files.get(FILE.verifier);
  if (own === null || held === undefined || sha256(own) === sha256(held)) return;
  const detail = 'you run another one than lies in the pack, which knows the rules of its day';
  claims.recorded('the verifier that runs', FILE.verifier, 'SHA-256', detail);
}

function claimHistories(claims: Claims, { ledger }: VerifiedPack, wanted: Wanted): void {
  const log: HeldLog | null = ledger === null ? null : { key: ledger.key, tree: ledger.held.tree };
  const unread = { fault: 'the ledger of the pack does not hold', detail: '' };
  if (wanted.since !== null) {
    claims.recomputed(
      'the log goes on from your checkpoint',
      FILE.checkpoint,
      'the root of as many of its entries',
      log === null ? unread : goesOnFrom(log, wanted.since),
    );
  }
  if (wanted.also === null) return;
  const other = otherLog(wanted.also.files, wanted);
  const found =
    log === null
      ? unread
      : other.ok
        ? tellTheSame(log, other.value)
        : { fault: other.problem.message, detail: '' };
  claims.recomputed(
    'both packs tell one history',
    wanted.also.path,
    'each entry that both hold',
    found,
  );
}

function otherLog(files: Result<PackFiles>, { logKey }: Wanted): Result<HeldLog> {
  if (!files.ok) return files;
  const { ledger, report } = verifyPack(files.value, { logKey });
  const broken = report.claims.find(({ holds }) => holds === false);
  if (ledger !== null) return { ok: true, value: { key: ledger.key, tree: ledger.held.tree } };
  return {
    ok: false,
    problem: { code: 'integrity', message: broken?.detail ?? 'it holds no ledger' },
  };
}
