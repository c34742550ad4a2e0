import { utf8 } from '../base/bytes.ts';
import { sha256 } from '../base/digest.ts';
import { type Problem, problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { SegmentRow } from '../core/ledger/segment.ts';
import { parseVkey } from '../core/ledger/signed-note.ts';
import type { Plan } from '../core/plan/plan.ts';
import { guide } from '../verify/pack/guide.ts';
import { FILE, FOLDER, formatInfo, type PackInfo } from '../verify/pack/layout.ts';
import { tileFiles, treeOf } from '../verify/pack/ledger-tree.ts';
import { manifestOf } from '../verify/pack/manifest.ts';
import { entriesOf } from '../verify/pack/open-pack.ts';
import { readings } from '../verify/pack/readings.ts';
import { type PlacedEntry, replay } from '../verify/pack/replay.ts';
import { nameFault, type PackFiles } from '../verify/pack/tar.ts';
import { verifyPack } from '../verify/pack/verify-pack.ts';

/** What a ledger gives to the pack of one promotion that has ended. */
export interface PackSource {
  promotion: string;
  /** The bodies of the entries 0 to size - 1. */
  entries: readonly Uint8Array[];
  /** Signed, of exactly these entries. */
  checkpoint: string;
  rows: readonly SegmentRow[];
  /** What the promotion's entries quote, the plan included. */
  blobs: ReadonlyMap<string, Uint8Array>;
  /** A SQLite file of all of it. */
  database: Uint8Array;
}

export interface PackExtras {
  vkey: string;
  madeBy: string;
  verifier: Uint8Array;
  /** The released files by name; null: their digests alone. */
  artifacts: ReadonlyMap<string, Uint8Array> | null;
  /** The profile's file as it lies in its folder, by its name; null: its digest alone. */
  profile: { name: string; body: Uint8Array } | null;
  /** Tokens over the checkpoint with the authorities' roots, by their names. */
  timestamps: ReadonlyMap<string, Uint8Array>;
  /** Signs the manifest; the files that it gives are the signatures, and public keys to check them. */
  keys: ReadonlyMap<string, Uint8Array>;
}

/** What goes into the archive, and what it says of itself. */
export interface Pack {
  files: PackFiles;
  info: PackInfo;
}

/**
 * The files of a pack, its manifest last. The same ledger and extras give the same files, however long
 * the ledger has grown since. `integrity` where the record does not hold: the pack is verified as a
 * stranger would, before anybody gets it.
 */
export function packFiles(source: PackSource, extras: PackExtras): Result<Pack> {
  const key = parseVkey(extras.vkey);
  if (!key.ok) return key;
  const entries = entriesOf(source.entries, source.promotion);
  if (!entries.ok) return entries;
  const plan = planOf(source, entries.value.own);
  if (!plan.ok) return plan;
  const { own } = entries.value;
  const blob = (digest: string): Uint8Array | null => source.blobs.get(digest) ?? null;
  const replayed = replay({ plan: plan.value.plan, entries: own, rows: source.rows, blob });
  if (!replayed.ok) return replayed;
  const fault = extrasFault(plan.value.plan, extras);
  if (fault !== null) return fail(fault);
  const tree = treeOf(source.entries);
  const tiles = tileFiles(source.entries, tree);
  if (!tiles.ok) return tiles;
  const endedAtMs = own.at(-1)?.entry.atMs ?? 0;
  const info = infoOf(source, plan.value.plan, extras);
  const files = new Map<string, Uint8Array>([
    ...tiles.value,
    ...readings(plan.value.plan, replayed.value, key.value, { endedAtMs, madeBy: info.madeBy }),
    ...recordFiles(source, plan.value, extras, info),
    ...extras.keys,
  ]);
  const facts = { plan: plan.value.plan, replayed: replayed.value, own, tree, files };
  files.set(FILE.guide, utf8(guide({ ...facts, entries: source.entries })));
  files.set(FILE.manifest, utf8(manifestOf(files)));
  const broken = brokenPack(files, extras.vkey);
  return broken === null ? ok({ files, info }) : fail(broken);
}

interface QuotedPlan {
  plan: Plan;
  body: Uint8Array;
}

function planOf(source: PackSource, own: readonly PlacedEntry[]): Result<QuotedPlan> {
  const digest = own[0]?.entry.blobSha256 ?? '';
  const body = source.blobs.get(digest);
  if (body === undefined || sha256(body) !== digest) {
    return fail(problem('integrity', `the plan of ${source.promotion} is not in the ledger`));
  }
  return ok({ plan: JSON.parse(new TextDecoder().decode(body)) as Plan, body });
}

function recordFiles(
  source: PackSource,
  { body }: QuotedPlan,
  extras: PackExtras,
  info: PackInfo,
): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>([
    [FILE.plan, body],
    [FILE.intervals, utf8(source.rows.map((row) => `${row.body}\n`).join(''))],
    [FILE.checkpoint, utf8(source.checkpoint)],
    [FILE.vkey, utf8(`${extras.vkey}\n`)],
    [FILE.database, source.database],
    [FILE.verifier, extras.verifier],
  ]);
  const planSha256 = sha256(body);
  for (const [digest, blob] of source.blobs) {
    if (digest !== planSha256) files.set(`${FOLDER.blobs}${digest}`, blob);
  }
  for (const [name, artifact] of extras.artifacts ?? []) {
    files.set(`${FOLDER.artifacts}${name}`, artifact);
  }
  for (const [name, token] of extras.timestamps) files.set(`${FOLDER.timestamps}${name}`, token);
  if (extras.profile !== null) {
    files.set(`${FOLDER.profile}${extras.profile.name}`, extras.profile.body);
  }
  return files.set(FILE.info, utf8(formatInfo(info)));
}

function infoOf(source: PackSource, plan: Plan, extras: PackExtras): PackInfo {
  const { service, release, profile } = plan;
  return {
    apiVersion: 'aurora/v1',
    kind: 'EvidencePack',
    madeBy: extras.madeBy,
    promotion: source.promotion,
    service,
    version: release.version,
    candidate: release.candidate,
    ledgerSize: source.entries.length,
    artifacts: extras.artifacts === null ? 'digests' : 'files',
    profile: profile === null ? 'none' : extras.profile === null ? 'digest' : 'file',
  };
}

/** What was given beside the ledger has to be what the plan names. */
function extrasFault(plan: Plan, { artifacts }: PackExtras): Problem | null {
  for (const { name, sha256: digest } of artifacts === null ? [] : plan.release.artifacts) {
    const body = artifacts?.get(name);
    const odd = nameFault(`${FOLDER.artifacts}${name}`);
    if (odd !== null) {
      return problem(
        'refused',
        `the file ${name} has no place in a pack: ${odd}`,
        'leave --artifacts out: digests alone are packed',
      );
    }
    if (body === undefined) return problem('not-found', `the released file ${name} is not there`);
    if (sha256(body) !== digest) {
      const hint = 'name the folder of the very files that were released';
      return problem('lock-mismatch', `${name} is not the file that was released`, hint);
    }
  }
  return null;
}

/** Why a stranger would not verify it; null: it verifies. */
function brokenPack(files: PackFiles, vkey: string): Problem | null {
  const { report } = verifyPack(files, { logKey: vkey });
  if (report.verified) return null;
  const broken = report.claims.find(({ holds }) => holds === false);
  const detail = broken === undefined ? 'it was not told to its end' : broken.detail;
  const message = `a pack of this ledger would not verify: ${detail}`;
  return problem('integrity', message, 'auroractl ledger verify');
}
