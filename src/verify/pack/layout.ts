import { parseJson } from '../../core/ledger/entry.ts';

/** Where things lie in a pack; docs/formats/pack.md is the norm. */
export const FILE = {
  manifest: 'MANIFEST.sha256',
  manifestGpg: 'MANIFEST.sha256.asc',
  manifestSsh: 'MANIFEST.sha256.sig',
  info: 'pack.json',
  guide: 'VERIFY.md',
  verifier: 'relverify.mjs',
  checksums: 'CHECKSUMS.txt',
  checklist: 'checklist.md',
  verdicts: 'verdicts.json',
  decision: 'decision.json',
  plan: 'plan.json',
  planLock: 'plan.lock.json',
  intervals: 'intervals.jsonl',
  checkpoint: 'ledger/checkpoint',
  vkey: 'ledger/log.vkey',
  pem: 'ledger/log.pem',
  database: 'ledger.db',
  sshSigners: 'keys/manifest.allowed-signers',
  gpgKey: 'keys/manifest.gpg.asc',
} as const;

export const FOLDER = {
  ledger: 'ledger/',
  blobs: 'blobs/',
  artifacts: 'artifacts/',
  profile: 'profile/',
  signOffs: 'sign-offs/',
  people: 'people/',
  statements: 'statements/',
  timestamps: 'timestamps/',
} as const;

/** Of a signature of a pack's manifest by ssh-keygen, and its signer's name there. */
export const SSH_NAMESPACE = 'aurora-pack';

/** What pack.json says: which promotion, and how much of the ledger. */
export interface PackInfo {
  apiVersion: 'aurora/v1';
  kind: 'EvidencePack';
  /** The version of Aurora that made it, whose verifier lies in it. */
  madeBy: string;
  promotion: string;
  service: string;
  version: string;
  candidate: string;
  /** Entries 0 to size - 1 are in the pack. */
  ledgerSize: number;
  /** Whether the released files are in it, or their digests alone. */
  artifacts: 'files' | 'digests';
  profile: 'file' | 'digest' | 'none';
}

export function formatInfo(info: PackInfo): string {
  return `${JSON.stringify(info, null, 2)}\n`;
}

/** null for anything that `formatInfo` would not write. */
export function parseInfo(text: string): PackInfo | null {
  const value = parseJson(text) as Partial<PackInfo> | null;
  if (value === null || typeof value !== 'object') return null;
  const { apiVersion, kind, madeBy, promotion, service, version, candidate } = value;
  const { ledgerSize, artifacts, profile } = value;
  if (apiVersion !== 'aurora/v1' || kind !== 'EvidencePack') return null;
  const texts = [madeBy, promotion, service, version, candidate];
  if (!texts.every((one) => typeof one === 'string')) return null;
  if (!Number.isSafeInteger(ledgerSize) || (ledgerSize ?? 0) < 1) return null;
  if (artifacts !== 'files' && artifacts !== 'digests') return null;
  if (profile !== 'file' && profile !== 'digest' && profile !== 'none') return null;
  const info = value as PackInfo; // every field was looked at
  return formatInfo(info) === text ? info : null;
}
