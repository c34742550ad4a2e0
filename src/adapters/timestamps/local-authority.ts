import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { openssl } from './openssl.ts';

/**
 * Stamps under this policy: below the number that RFC 5612 keeps for documentation, so that no token of a
 * local authority can be taken for one of a public one's policy.
 */
export const LOCAL_POLICY = '1.3.6.1.4.1.32473.1.1';
const ROOT_DAYS = '3650';
const SIGNER_DAYS = '1825';
const SIGNER_USAGE = [
  'basicConstraints = critical,CA:FALSE',
  'keyUsage = critical,digitalSignature',
  'extendedKeyUsage = critical,timeStamping',
  'subjectKeyIdentifier = hash',
  'authorityKeyIdentifier = keyid',
];
const FILES = { root: 'root.pem', signer: 'tsa.pem', key: 'tsa.key' } as const;
const OTHERS = 0o077;

/** A timestamp authority of this machine, for tests and for work without a network. */
export interface LocalAuthority {
  folder: string;
  /** What its users pin. */
  rootPath: string;
}

/**
 * The authority in a folder; made there where the folder is new or empty: a P-256 root, and a certificate
 * of the root for timestamps alone. The root's key is thrown away with the making, so nobody can ever make
 * a second signer under a pinned root. `conflict` where the folder holds something else, `not-allowed`
 * where others may read its key.
 */
export async function openLocalAuthority(
  folder: string,
  name: string,
): Promise<Result<LocalAuthority>> {
  const path = resolve(folder);
  const authority = { folder: path, rootPath: join(path, FILES.root) };
  try {
    const present = existsSync(path) ? readdirSync(path) : [];
    if (present.length === 0) {
      const made = await make(path, name);
      return made.ok ? ok(authority) : made;
    }
    const missing = Object.values(FILES).filter((file) => !present.includes(file));
    if (missing.length > 0) {
      const message = `${folder} holds other things, and no ${missing.join(', ')}`;
      return fail(problem('conflict', message, 'name a folder that is new or empty'));
    }
    const mode = statSync(join(path, FILES.key)).mode % 0o1000;
    if ((mode & OTHERS) === 0) return ok(authority);
    const key = join(folder, FILES.key);
    return fail(problem('not-allowed', `${key} is open to others`, `chmod 600 ${key}`));
  } catch (error) {
    return fail(folderProblem(error, folder));
  }
}

/** Beside its place first: what is there is whole, even when the machine stops half way. */
async function make(path: string, name: string): Promise<Result<void>> {
  mkdirSync(dirname(path), { recursive: true });
  const draft = mkdtempSync(`${path}.new-`);
  try {
    writeFileSync(join(draft, 'usage.cnf'), `${SIGNER_USAGE.join('\n')}\n`);
    // openssl req wants a configuration even where everything is said in its words.
    writeFileSync(join(draft, 'req.cnf'), '[req]\ndistinguished_name = dn\n[dn]\n');
    const subject = (what: string): string => `/O=${name}/CN=${name} ${what}`;
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-sha256'];
    const config = ['-config', 'req.cnf'];
    const steps = [
      [
        ...['req', '-x509', ...config, ...key, '-days', ROOT_DAYS, '-subj', subject('root')],
        ...['-addext', 'basicConstraints=critical,CA:TRUE,pathlen:0'],
        ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
        ...['-addext', 'subjectKeyIdentifier=hash'],
        ...['-keyout', 'root.key', '-out', FILES.root],
      ],
      [
        ...['req', '-new', ...config, ...key, '-subj', subject('timestamps')],
        ...['-keyout', FILES.key, '-out', 'tsa.csr'],
      ],
      [
        ...['x509', '-req', '-sha256', '-days', SIGNER_DAYS, '-in', 'tsa.csr'],
        ...['-CA', FILES.root, '-CAkey', 'root.key', '-set_serial', `0x${serialHex()}`],
        ...['-extfile', 'usage.cnf', '-out', FILES.signer],
      ],
    ];
    for (const words of steps) {
      const done = await openssl(draft, words);
      if (!done.ok) return done;
    }
    for (const file of ['root.key', 'tsa.csr', 'usage.cnf', 'req.cnf']) rmSync(join(draft, file));
    chmodSync(join(draft, FILES.key), 0o600);
    renameSync(draft, path);
    return ok(undefined);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/**
 * The answer to a query, in whatever state the query is: openssl's, that is a rejection where it can't
 * read it. DER of TimeStampResp; `unavailable` where openssl gives none.
 */
export async function replyOf(
  { folder }: LocalAuthority,
  query: Uint8Array,
): Promise<Result<Uint8Array>> {
  let work: string | null = null;
  try {
    work = mkdtempSync(join(folder, 'reply-'));
    writeFileSync(join(work, 'query.tsq'), query);
    // Numbers by chance need no file of the last one, and no lock around it.
    writeFileSync(join(work, 'serial'), `${serialHex()}\n`);
    writeFileSync(join(work, 'tsa.cnf'), configuration(folder));
    const done = await openssl(work, [
      ...['ts', '-reply', '-config', 'tsa.cnf', '-queryfile', 'query.tsq', '-out', 'reply.tsr'],
    ]);
    const reply = existsSync(join(work, 'reply.tsr'))
      ? readFileSync(join(work, 'reply.tsr'))
      : null;
    if (reply !== null && reply.length > 0) return ok(new Uint8Array(reply));
    return done.ok ? fail(problem('unavailable', 'openssl gave no answer')) : done;
  } catch (error) {
    return fail(folderProblem(error, folder));
  } finally {
    if (work !== null) rmSync(work, { recursive: true, force: true });
  }
}

/** Whole seconds: readers are about that do not take a fraction with fewer than three digits. */
function configuration(folder: string): string {
  return [
    '[tsa]',
    'default_tsa = here',
    '[here]',
    'serial = serial',
    'crypto_device = builtin',
    `signer_cert = ${join(folder, FILES.signer)}`,
    `signer_key = ${join(folder, FILES.key)}`,
    'signer_digest = sha256',
    `default_policy = ${LOCAL_POLICY}`,
    'digests = sha256, sha384, sha512',
    'accuracy = secs:1',
    'clock_precision_digits = 0',
    'ordering = no',
    'tsa_name = yes',
    'ess_cert_id_chain = no',
    'ess_cert_id_alg = sha256',
    '',
  ].join('\n');
}

/** 127 bits, positive. */
function serialHex(): string {
  const bytes = randomBytes(16);
  bytes[0] = 0x40 | ((bytes[0] ?? 0) & 0x3f);
  return bytes.toString('hex').toUpperCase();
}

function folderProblem(error: unknown, folder: string): Problem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : null;
  if (code === null) throw error;
  if (code === 'EACCES' || code === 'EPERM') {
    return problem('not-allowed', `${folder}: the system does not let this user`);
  }
  if (code === 'ENOTDIR') return problem('invalid-file', `${folder} is no folder`);
  return problem('unavailable', `${folder}: ${code}`);
}
