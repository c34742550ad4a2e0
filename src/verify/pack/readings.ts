import { fromBase64, utf8 } from '../../base/bytes.ts';
import { type PublicKey, parsePublicKey } from '../../base/public-key.ts';
import { armorSshsig } from '../../base/sshsig.ts';
import { checklist } from '../../core/decision/checklist.ts';
import { SIGN_OFF_NAMESPACE } from '../../core/decision/person-signature.ts';
import { releaseStatements } from '../../core/decision/release-statements.ts';
import { judgeBy } from '../../core/judge/methods.ts';
import { parseJson } from '../../core/ledger/entry.ts';
import type { NoteKey } from '../../core/ledger/signed-note.ts';
import { formatLock, lockPlan } from '../../core/plan/lock.ts';
import type { Plan } from '../../core/plan/plan.ts';
import { FILE, FOLDER } from './layout.ts';
import type { Replay, SignedStep } from './replay.ts';
import { nameFault } from './tar.ts';

/**
 * The files of a pack that follow from its ledger alone: made by whoever packs, and made again by
 * whoever verifies. What people read is so what the machine said.
 */
export function readings(
  plan: Plan,
  replayed: Replay,
  logKey: NoteKey,
  { endedAtMs, madeBy }: { endedAtMs: number; madeBy: string },
): Map<string, Uint8Array> {
  const { state } = replayed;
  const files = new Map<string, string | Uint8Array>([
    [FILE.checksums, checksums(plan)],
    [FILE.checklist, checklist(plan, state, endedAtMs)],
    [FILE.planLock, formatLock(lockPlan(plan))],
    [FILE.verdicts, verdictsJson(plan, replayed)],
    [FILE.decision, decisionJson(replayed)],
    [FILE.pem, pemOf(ed25519Spki(logKey.publicKey))],
  ]);
  for (const { name, bytes } of releaseStatements({ plan, ...replayed }, madeBy)) {
    files.set(`${FOLDER.statements}${name}.json`, bytes);
  }
  for (const step of replayed.signed) {
    const key = keyOf(plan, step);
    const bytes = fromBase64(step.signature);
    files.set(signOffPath(step, 'json'), step.document);
    if (key === null || bytes === null) continue;
    const isSsh = key.form === 'ssh';
    files.set(signOffPath(step, SIGNATURE_ENDING[key.form]), isSsh ? armorSshsig(bytes) : bytes);
  }
  for (const { id, publicKey } of plan.people) {
    const key = parsePublicKey(publicKey);
    const path = key === null ? null : personPath(id, key.form);
    if (key === null || path === null || nameFault(path) !== null) continue;
    if (key.form === 'spki') files.set(path, pemOf(publicKey));
    if (key.form === 'ssh') files.set(path, allowedSigner(id, publicKey));
  }
  return new Map(
    [...files].map(([name, body]) => [name, typeof body === 'string' ? utf8(body) : body]),
  );
}

/** What programs expect: raw bytes or DER, an armored ssh signature, OpenPGP packets. */
const SIGNATURE_ENDING = { spki: 'signature', ssh: 'sig', openpgp: 'openpgp' } as const;

/** `sign-offs/12.json`, by the number of its entry; beside it the signature. */
export function signOffPath(
  step: SignedStep,
  ending: 'json' | (typeof SIGNATURE_ENDING)[keyof typeof SIGNATURE_ENDING],
): string {
  return `${FOLDER.signOffs}${step.entry}.${ending}`;
}

export function personPath(id: string, form: 'spki' | 'ssh' | 'openpgp'): string {
  return `${FOLDER.people}${id}.${form === 'ssh' ? 'allowed-signers' : 'pem'}`;
}

/** The key with which a document was signed, by the plan; null: the plan has none. */
export function keyOf(plan: Plan, step: SignedStep): PublicKey | null {
  const person = plan.people.find(({ id }) => id === signerOf(step));
  return person === undefined ? null : parsePublicKey(person.publicKey);
}

/** A line as `ssh-keygen -Y verify` reads it. */
function allowedSigner(id: string, line: string): string {
  const [algorithm = '', blob = ''] = line.split(' ');
  return `${id} namespaces="${SIGN_OFF_NAMESPACE}" ${algorithm} ${blob}\n`;
}

/** Who a signed document says has signed it. The machine has checked that it was so. */
export function signerOf(step: SignedStep): string {
  const { person } = (parseJson(step.document) ?? {}) as { person?: unknown };
  return typeof person === 'string' ? person : '';
}

/** Each released file with its digest, as `sha256sum -c` reads it beside the files. */
function checksums({ release }: Plan): string {
  return release.artifacts
    .map(({ name, sha256 }) => `${sha256}  ${FOLDER.artifacts}${name}\n`)
    .sort()
    .join('');
}

function verdictsJson(plan: Plan, { state, gates }: Replay): string {
  const { judge } = state.evidence;
  return json({
    apiVersion: 'aurora/v1',
    kind: 'Verdicts',
    promotion: state.promotion,
    verdict: state.verdict,
    judge: judge === null ? null : judgeBy(plan.judge, plan.metrics, judge),
    gates,
  });
}

function decisionJson({ state, signed }: Replay): string {
  return json({
    apiVersion: 'aurora/v1',
    kind: 'Decision',
    promotion: state.promotion,
    outcome: state.outcome,
    back: state.back,
    rehearsal: state.rehearsal,
    decisions: state.decisions,
    skipped: state.skipped,
    signed: signed.map((step) => ({
      entry: step.entry,
      atMs: step.atMs,
      kind: step.kind,
      person: signerOf(step),
      document: signOffPath(step, 'json'),
      signature: step.signature,
    })),
  });
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** RFC 8410: twelve bytes of DER before the key's 32. */
function ed25519Spki(raw: Uint8Array): string {
  const prefix = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
  return btoa(String.fromCharCode(...prefix, ...raw));
}

function pemOf(spki: string): string {
  const lines = spki.match(/.{1,64}/g) ?? [];
  return ['-----BEGIN PUBLIC KEY-----', ...lines, '-----END PUBLIC KEY-----', ''].join('\n');
}
