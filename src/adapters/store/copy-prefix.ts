import type Database from 'better-sqlite3';
import { ok, type Result } from '../../base/result.ts';
import { openForWriting } from './sqlite-schema.ts';

/**
 * Writes a ledger of the first `size` entries to a new file: with them their blobs, checkpoints,
 * snapshots, and the rows that they seal (`sealedTo`: of each promotion, the last). In the order of the
 * ledger and in one transaction: the same entries give the same file, for one version of SQLite. It
 * is left without a write-ahead log, so that it opens where nothing can be written.
 */
export function copyPrefix(
  from: Database.Database,
  path: string,
  size: number,
  sealedTo: ReadonlyMap<string, number>,
): Result<void> {
  const opened = openForWriting(path);
  if (!opened.ok) return opened;
  const to = opened.value;
  try {
    const copy = to.transaction(() => {
      for (const { table, where } of TABLES) copyRows(from, to, table, where, size);
      for (const promotion of [...sealedTo.keys()].sort()) {
        const last = sealedTo.get(promotion) ?? -1;
        copyRows(
          from,
          to,
          'interval_rows',
          'promotion = ? AND seq <= ? ORDER BY seq',
          promotion,
          last,
        );
      }
      const term = from
        .prepare<[number], number>(
          "SELECT max(json_extract(body, '$.term')) FROM leaves WHERE idx < ?",
        )
        .pluck()
        .get(size);
      to.prepare('UPDATE controller SET term = ?').run(term ?? 0);
    });
    copy();
    to.pragma('journal_mode = DELETE');
    return ok(undefined);
  } finally {
    to.close();
  }
}

/** In the order in which one needs the other. */
const TABLES = [
  {
    table: 'blobs',
    where: 'sha256 IN (SELECT blob_sha256 FROM leaves WHERE idx < ?) ORDER BY sha256',
  },
  { table: 'leaves', where: 'idx < ? ORDER BY idx' },
  { table: 'checkpoints', where: 'size <= ? ORDER BY size' },
  { table: 'snapshots', where: 'leaf_idx < ? ORDER BY leaf_idx, promotion' },
] as const;

function copyRows(
  from: Database.Database,
  to: Database.Database,
  table: string,
  where: string,
  ...values: readonly (string | number)[]
): void {
  const rows = from.prepare<unknown[], unknown[]>(`SELECT * FROM ${table} WHERE ${where}`).raw();
  let insert: Database.Statement<unknown[]> | null = null;
  for (const row of rows.iterate(...values)) {
    insert ??= to.prepare(`INSERT INTO ${table} VALUES (${row.map(() => '?').join(', ')})`);
    insert.run(...row);
  }
}
