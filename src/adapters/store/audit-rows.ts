import { fail, ok, type Result } from '../../base/result.ts';
import { sqliteProblem } from './sqlite-problem.ts';
import { openForReading } from './sqlite-schema.ts';

/** A row of the view `audit_log`. */
export interface AuditRow {
  id: number;
  /** `YYYY-MM-DD HH:MM:SS`, UTC. */
  timestamp: string;
  promotion: string;
  type: string;
  actor: string;
  summary: string;
  body: string;
  leaf_sha256: string;
  blob_sha256: string | null;
}

/**
 * Hands over each row of the audit log from `sinceMs` to before `untilMs`, rising, as of one moment
 * and beside the writer; answers how many there were.
 */
export function eachAuditRow(
  path: string,
  { sinceMs, untilMs }: { sinceMs: number; untilMs: number },
  take: (row: AuditRow) => void,
): Result<number> {
  const opened = openForReading(path);
  if (!opened.ok) return opened;
  const db = opened.value;
  try {
    // The view's times are whole seconds: what is asked for is compared with what is stored.
    const rows = db.prepare<[number, number], AuditRow>(
      `SELECT v.* FROM audit_log AS v JOIN leaves AS l ON l.idx = v.id
       WHERE l.at_ms >= ? AND l.at_ms < ? ORDER BY v.id`,
    );
    let count = 0;
    for (const row of rows.iterate(sinceMs, untilMs)) {
      take(row);
      count += 1;
    }
    return ok(count);
  } catch (error) {
    return fail(sqliteProblem(error, `reading ${path}`));
  } finally {
    db.close();
  }
}
