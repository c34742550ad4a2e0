import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { formatInstant, parseInstant } from '../../base/instant.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { fileProblem } from './file-problem.ts';

/** A backup, by its name: what is in it is known without opening it, and believed once verified. */
export interface BackupFile {
  path: string;
  /** The ledger is in it as it was then; whole seconds. */
  takenAtMs: number;
  entries: number;
  /** Of the file. */
  bytes: number;
}

/** How many backups stay in a folder, and how long. */
export interface Retention {
  /** At most so many. */
  keep: number;
  /** No longer than this, but for the newest two. */
  keepForMs: number;
}

/** A single file can rot: age alone never takes the last two. */
const KEPT_WHATEVER_AGE = 2;
const ROOT_DIGITS = 16;
const NAME = /^ledger-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-(\d{1,15})-[0-9a-f]{16}\.db\.zst$/;

/** `ledger-20261121T040000Z-1234-0b1f3daa5c6e7f80.db.zst`: UTC, entries, the root's first bytes. */
export function backupName(taken: { atMs: number; entries: number; rootHex: string }): string {
  const time = `${formatInstant(taken.atMs).slice(0, 19).replace(/[-:]/g, '')}Z`;
  return `ledger-${time}-${taken.entries}-${taken.rootHex.slice(0, ROOT_DIGITS)}.db.zst`;
}

/** The newest first; empty where there is no folder. What bears another name is none. */
export function listBackups(folder: string): Result<readonly BackupFile[]> {
  try {
    const names = readdirSync(folder).filter((name) => NAME.test(name));
    const files = names.flatMap((name) => toBackup(folder, name) ?? []);
    return ok(files.toSorted((a, b) => b.takenAtMs - a.takenAtMs || b.entries - a.entries));
  } catch (error) {
    const found = fileProblem(error, folder);
    return found.code === 'not-found' ? ok([]) : fail(found);
  }
}

/** Removes what `retention` does not keep, and answers with the paths. The newest always stays. */
export function pruneBackups(
  folder: string,
  { keep, keepForMs }: Retention,
  nowMs: number,
): Result<readonly string[]> {
  const found = listBackups(folder);
  if (!found.ok) return found;
  const [newest, ...older] = found.value;
  if (newest === undefined) return ok([]);
  const gone = older
    .filter(({ takenAtMs }, i) => {
      const place = i + 1;
      return place >= keep || (place >= KEPT_WHATEVER_AGE && takenAtMs < nowMs - keepForMs);
    })
    .map(({ path }) => path);
  try {
    for (const path of gone) rmSync(path, { force: true });
    return ok(gone);
  } catch (error) {
    return fail(fileProblem(error, folder));
  }
}

function toBackup(folder: string, name: string): BackupFile | null {
  const [, year, month, day, hour, minute, second, entries] = NAME.exec(name) ?? [];
  const takenAtMs = parseInstant(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  const path = join(folder, name);
  // Removed meanwhile by who tidies up: it is no longer there to be listed.
  const stat = statSync(path, { throwIfNoEntry: false });
  if (takenAtMs === null || stat === undefined || !stat.isFile()) return null;
  return { path, takenAtMs, entries: Number(entries), bytes: stat.size };
}
