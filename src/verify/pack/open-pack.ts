import { fromUtf8 } from '../../base/bytes.ts';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { type Checkpoint, openCheckpoint } from '../../core/ledger/checkpoint.ts';
import { type Entry, entryFault, parseEntry, parseJson } from '../../core/ledger/entry.ts';
import type { SegmentRow } from '../../core/ledger/segment.ts';
import { formatVkey, type NoteKey, parseVkey } from '../../core/ledger/signed-note.ts';
import type { Plan } from '../../core/plan/plan.ts';
import { FILE, type PackInfo, parseInfo } from './layout.ts';
import { entryText } from './ledger-tree.ts';
import type { PlacedEntry } from './replay.ts';
import type { PackFiles } from './tar.ts';

/** The text of a file; `integrity` where it is missing or no text. */
export function textOf(files: PackFiles, name: string): Result<string> {
  const bytes = files.get(name);
  if (bytes === undefined) return fail(damaged(name, 'it is missing'));
  const text = fromUtf8(bytes);
  return text === null ? fail(damaged(name, 'it is no text')) : ok(text);
}

export function infoOf(files: PackFiles): Result<PackInfo> {
  const text = textOf(files, FILE.info);
  if (!text.ok) return text;
  const info = parseInfo(text.value);
  return info === null ? fail(damaged(FILE.info, 'it describes no pack')) : ok(info);
}

/** The key that the pack names for its log, or the one that the caller pins. */
export function logKeyOf(files: PackFiles, pinned: string | null): Result<NoteKey> {
  const text = textOf(files, FILE.vkey);
  if (!text.ok) return text;
  const key = parseVkey(text.value.trim());
  if (!key.ok) return fail(damaged(FILE.vkey, key.problem.message));
  if (text.value !== `${formatVkey(key.value)}\n`) {
    return fail(damaged(FILE.vkey, 'it is not one line with the key'));
  }
  if (pinned === null || pinned.trim() === text.value.trim()) return key;
  return fail(damaged(FILE.vkey, 'it is not the log key that you named'));
}

export function checkpointOf(files: PackFiles, info: PackInfo, key: NoteKey): Result<Checkpoint> {
  const note = textOf(files, FILE.checkpoint);
  if (!note.ok) return note;
  const opened = openCheckpoint(note.value, key);
  if (!opened.ok) return fail(damaged(FILE.checkpoint, opened.problem.message));
  if (opened.value.size === info.ledgerSize) return opened;
  const message = `it is signed for ${opened.value.size} entries, and the pack says ${info.ledgerSize}`;
  return fail(damaged(FILE.checkpoint, message));
}

/** The entries of one promotion, once every body of the ledger has shown to be an entry. */
export function entriesOf(
  bodies: readonly Uint8Array[],
  promotion: string,
): Result<{ own: readonly PlacedEntry[]; promotions: number }> {
  const own: PlacedEntry[] = [];
  const promotions = new Set<string>();
  for (const [index, bytes] of bodies.entries()) {
    const body = entryText(bytes);
    const value = body === null ? null : parseJson(body);
    if (body === null || value === null || typeof value !== 'object') {
      return fail(problem('integrity', `entry ${index} is no JSON object`));
    }
    if (entryFault(value) !== null) {
      if ((value as { kind?: unknown }).kind === 'hashedrekord') continue;
      return fail(problem('integrity', `entry ${index}: ${entryFault(value)}`));
    }
    const entry = value as Entry; // entryFault looked at every field
    promotions.add(entry.promotion);
    if (entry.promotion !== promotion) continue;
    const parsed = parseEntry(body);
    if (!parsed.ok) return fail(problem('integrity', `entry ${index}: ${parsed.problem.message}`));
    own.push({ index, body, entry: parsed.value });
  }
  return ok({ own, promotions: promotions.size });
}

/** The raw interval rows, a line each; their number stands in each as `seq`. */
export function rowsOf(files: PackFiles): Result<readonly SegmentRow[]> {
  const text = textOf(files, FILE.intervals);
  if (!text.ok) return text;
  const lines = text.value.split('\n');
  if (lines.pop() !== '') return fail(damaged(FILE.intervals, 'its last line has no end'));
  const rows: SegmentRow[] = [];
  for (const [at, body] of lines.entries()) {
    const { seq } = (parseJson(body) ?? {}) as { seq?: unknown };
    if (!Number.isSafeInteger(seq)) {
      return fail(damaged(FILE.intervals, `line ${at + 1} is no interval`));
    }
    rows.push({ seq: seq as number, body });
  }
  return ok(rows);
}

export function planOf(files: PackFiles): Result<Plan> {
  const text = textOf(files, FILE.plan);
  if (!text.ok) return text;
  const value = parseJson(text.value);
  if (typeof value !== 'object' || value === null) {
    return fail(damaged(FILE.plan, 'it is no JSON object'));
  }
  return ok(value as Plan); // believed only under the digest that the ledger names
}

export function damaged(file: string, what: string): Problem {
  return problem('integrity', `${file}: ${what}`);
}
