import { BugError } from '../../base/assert.ts';
import { utf8 } from '../../base/bytes.ts';
import { sha256 } from '../../base/digest.ts';
import { problem } from '../../base/problem.ts';
import { fail, type Result } from '../../base/result.ts';
import { formatVkey, type NoteKey } from '../../core/ledger/signed-note.ts';
import type { Plan } from '../../core/plan/plan.ts';
import { checkReadings } from './check-readings.ts';
import { Claims, faultText, type PackReport } from './claim.ts';
import { guide } from './guide.ts';
import { FILE, FOLDER, type PackInfo } from './layout.ts';
import { type HeldEntries, readEntries } from './ledger-tree.ts';
import { manifestFaults } from './manifest.ts';
import { checkpointOf, entriesOf, infoOf, logKeyOf, planOf, rowsOf } from './open-pack.ts';
import { readings } from './readings.ts';
import { type PlacedEntry, type Replay, replay } from './replay.ts';
import type { PackFiles } from './tar.ts';

export interface PackExpectation {
  /** The log's public key as the caller has it from elsewhere; null: the pack's own is taken. */
  logKey: string | null;
}

/** A pack that was taken apart as far as it could be. */
export interface VerifiedPack {
  report: PackReport;
  /** null where the ledger in it does not hold. */
  ledger: { key: NoteKey; held: HeldEntries } | null;
}

/**
 * Checks everything that a pack claims, from its bytes alone: manifest, signed tree, every entry,
 * interval rows, and the whole promotion told to the machine again. Never throws for a hostile pack:
 * what can't be read is a claim that does not hold.
 */
export function verifyPack(files: PackFiles, expected: PackExpectation): VerifiedPack {
  const claims = new Claims();
  const info = infoOf(files);
  claims.recomputed(
    'every file is the one that was packed, and there is no other',
    FILE.manifest,
    'SHA-256 of each file',
    { fault: faultText(manifestFaults(files)), detail: `${files.size} files` },
  );
  if (!info.ok) {
    claims.recomputed('it is an evidence pack', FILE.info, 'read', {
      fault: info.problem.message,
      detail: '',
    });
    return { report: reportOf(claims, null, null, null, expected), ledger: null };
  }
  const ledger = checkLedger(claims, files, info.value, expected);
  const replayed =
    ledger === null
      ? null
      : guarded(claims, () => checkPromotion(claims, files, info.value, ledger));
  guarded(claims, () => checkRelease(claims, files, info.value));
  const key = ledger?.key ?? null;
  const report = reportOf(claims, info.value, key, replayed, expected);
  return { report, ledger };
}

function checkLedger(
  claims: Claims,
  files: PackFiles,
  info: PackInfo,
  expected: PackExpectation,
): VerifiedPack['ledger'] {
  const key = logKeyOf(files, expected.logKey);
  const checkpoint = key.ok ? checkpointOf(files, info, key.value) : key;
  const pinned = expected.logKey === null ? "the pack's own key, which nobody pinned" : 'your key';
  claims.recomputed(
    'the head of the log was signed by its key',
    FILE.checkpoint,
    'Ed25519 over origin, size and root',
    {
      fault: checkpoint.ok ? null : checkpoint.problem.message,
      detail: `${info.ledgerSize} entries, under ${pinned}`,
    },
  );
  if (!key.ok || !checkpoint.ok) return null;
  const held = readEntries(files, info.ledgerSize, checkpoint.value.root);
  const fault = held.ok ? faultText(held.value.faults) : held.problem.message;
  claims.recomputed(
    'no entry of the log was changed, left out, added or moved',
    `${FOLDER.ledger}tile/`,
    'RFC 6962 tree over every entry, compared with the signed root and each tile',
    { fault, detail: `entries 0 to ${info.ledgerSize - 1}` },
  );
  return held.ok ? { key: key.value, held: held.value } : null;
}

function checkPromotion(
  claims: Claims,
  files: PackFiles,
  info: PackInfo,
  { key, held }: { key: NoteKey; held: HeldEntries },
): Replay | null {
  const entries = entriesOf(held.bodies, info.promotion);
  const rows = rowsOf(files);
  const plan = planOf(files);
  const quoted = entries.ok ? planQuotedBy(entries.value.own) : null;
  const planFault = plan.ok ? null : plan.problem.message;
  const planSha256 = sha256(files.get(FILE.plan) ?? new Uint8Array());
  const isQuoted = quoted === null || quoted === planSha256;
  claims.recomputed(
    'the plan is the one that was locked when the promotion was opened',
    FILE.plan,
    'SHA-256, named by the first entry',
    {
      fault: planFault ?? (isQuoted ? null : `${FILE.plan}: the first entry names ${quoted}`),
      detail: planSha256,
    },
  );
  const found =
    entries.ok && rows.ok && plan.ok ? run(files, entries.value.own, rows.value, plan.value) : null;
  const broken = [entries, rows, plan, found].find((one) => one !== null && !one.ok);
  const replayed = found?.ok === true ? found.value : null;
  const counts =
    replayed === null ? '' : `${replayed.entries} entries, ${replayed.rows} interval rows`;
  claims.recomputed(
    'every step follows from what was recorded: states, verdicts, gates, quorum, decision, effects',
    FILE.intervals,
    'all of it told to the promotion machine again, each entry compared byte for byte',
    {
      fault: broken !== undefined && broken !== null && !broken.ok ? broken.problem.message : null,
      detail: counts,
    },
  );
  if (replayed === null || !plan.ok || !entries.ok) return null;
  claimOutcome(claims, replayed);
  const { own } = entries.value;
  const endedAtMs = own.at(-1)?.entry.atMs ?? 0;
  const made = readings(plan.value, replayed, key, { endedAtMs, madeBy: info.madeBy });
  const about = { plan: plan.value, replayed, own, entries: held.bodies, tree: held.tree, files };
  made.set(FILE.guide, utf8(guide(about)));
  checkReadings(claims, files, made, info, plan.value);
  claimRecorded(claims, info, entries.value.promotions);
  return replayed;
}

function run(
  files: PackFiles,
  entries: readonly PlacedEntry[],
  rows: Parameters<typeof replay>[0]['rows'],
  plan: Plan,
): Result<Replay> {
  const blob = (digest: string): Uint8Array | null => files.get(`${FOLDER.blobs}${digest}`) ?? null;
  try {
    return replay({ plan, entries, rows, blob });
  } catch (error) {
    return fail(problem('integrity', `the machine can't be told this: ${stopOf(error)}`));
  }
}

/** A look at what a hostile pack made into something that it is not: it ends as a claim. */
function guarded<T>(claims: Claims, look: () => T): T | null {
  try {
    return look();
  } catch (error) {
    const fault = `it is not what a promotion records: ${stopOf(error)}`;
    claims.recomputed('the record can be read', FILE.plan, 'read', { fault, detail: '' });
    return null;
  }
}

/** Why a look stopped: at an assertion of the machine's, or at a value that is missing. Else it is thrown on. */
function stopOf(error: unknown): string {
  const isOfData =
    error instanceof BugError || error instanceof TypeError || error instanceof RangeError;
  if (isOfData) return error.message;
  throw error;
}

function planQuotedBy(own: readonly PlacedEntry[]): string | null {
  const first = own[0]?.entry;
  const isBlob = (first?.event as { kind?: unknown } | null)?.kind === 'blob';
  return first === undefined || isBlob ? null : first.blobSha256;
}

function claimOutcome(claims: Claims, { state, gates, signed }: Replay): void {
  const { outcome, decisions, verdict } = state;
  claims.recomputed('gates', FILE.verdicts, 'each check judged again from its evidence', {
    fault: null,
    detail: `${gates.length} evaluations`,
  });
  claims.recomputed('verdict', FILE.verdicts, 'the judge over the interval rows', {
    fault: null,
    detail: verdict ?? 'none',
  });
  claims.recomputed(
    'signatures',
    FOLDER.signOffs,
    'over the frozen request, by a key of the plan, held by the role',
    { fault: null, detail: `${signed.length} accepted` },
  );
  const words = decisions.map(({ subject, outcome: kind }) => `${kind} (${subject})`).join(', ');
  claims.recomputed('decision', FILE.decision, "the plan's rule and quorum", {
    fault: null,
    detail: words === '' ? 'none' : words,
  });
  const ga = outcome?.kind === 'promoted' && outcome.ga ? ', GA' : '';
  claims.recomputed('outcome', FILE.decision, 'the last state', {
    fault: null,
    detail: `${outcome?.kind ?? 'none'}${ga}`,
  });
}

/** What no arithmetic can show. */
function claimRecorded(claims: Claims, info: PackInfo, promotions: number): void {
  claims.recorded(
    'measurements, evidence and events were as they were recorded, at those times',
    `${FILE.intervals} ${FOLDER.ledger}tile/entries/`,
    'attested by the log key',
    "what lies upstream of the record can't be made again",
  );
  claims.recorded(
    'a SQLite copy of the ledger',
    FILE.database,
    'read by auroractl ledger verify',
    'not read here; the entries were taken from the tiles',
  );
  if (promotions > 1) {
    claims.recorded(
      `${promotions - 1} other promotions of the log`,
      `${FOLDER.ledger}tile/entries/`,
      'their entries are there and unchanged',
      'told again from packs of their own',
    );
  }
  if (info.profile !== 'none') {
    const held = info.profile === 'file' ? 'auroractl lock --check reads it' : 'its digest alone';
    claims.recorded('the released profile', FOLDER.profile, held, 'its digest is in the plan');
  }
  claims.recorded('the verifier', FILE.verifier, 'of the same version', `Aurora ${info.madeBy}`);
}

function checkRelease(claims: Claims, files: PackFiles, info: PackInfo): void {
  const plan = planOf(files);
  if (!plan.ok) return;
  const { artifacts = [] } = plan.value.release ?? {};
  if (info.artifacts === 'digests') {
    claims.recorded(
      'the released files',
      FILE.checksums,
      'compare with your own copy: sha256sum -c',
      `${artifacts.length} digests; the files are not in the pack`,
    );
    return;
  }
  const faults = artifacts.flatMap(({ name, sha256: digest }) => {
    const file = `${FOLDER.artifacts}${name}`;
    const held = files.get(file);
    if (held === undefined) return [{ file, message: 'it is missing' }];
    return sha256(held) === digest ? [] : [{ file, message: 'it is not the one of the plan' }];
  });
  claims.recomputed('the released files', FOLDER.artifacts, 'SHA-256, named by the plan', {
    fault: faultText(faults),
    detail: `${artifacts.length} files`,
  });
}

function reportOf(
  claims: Claims,
  info: PackInfo | null,
  key: NoteKey | null,
  replayed: Replay | null,
  expected: PackExpectation,
): PackReport {
  const outcome = replayed?.state.outcome ?? null;
  return {
    promotion: info?.promotion ?? '',
    release: info === null ? '' : `${info.service} ${info.candidate} to ${info.version}`,
    outcome: outcome?.kind ?? 'unknown',
    logKey: key === null ? '' : formatVkey(key),
    isLogKeyPinned: expected.logKey !== null,
    verified: claims.hold && replayed !== null,
    claims: claims.list,
  };
}
