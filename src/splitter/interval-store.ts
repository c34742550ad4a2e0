import Database from 'better-sqlite3';
import type { SplitterInterval } from '../protocol/splitter.ts';

const KEEP_MS = 24 * 3_600_000;

/**
 * Intervals on disk for 24 hours, read on from any number. A power cut may cost the newest ones,
 * which is a gap in the numbers' times and never a wrong row; a full disk may too.
 */
export class IntervalStore {
  private readonly db: Database.Database;

  constructor(path: string) {
    this.db = new Database(path, { timeout: 1_000 });
    this.db.pragma('journal_mode = WAL');
    this.db.pragma('synchronous = NORMAL');
    this.db.exec(
      'CREATE TABLE IF NOT EXISTS interval (seq INTEGER PRIMARY KEY, end_ms INTEGER NOT NULL, body TEXT NOT NULL) STRICT',
    );
  }

  get lastSeq(): number {
    const row = this.db.prepare('SELECT max(seq) AS seq FROM interval').get() as {
      seq: number | null;
    };
    return row.seq ?? 0;
  }

  /** When the newest one ended; null when there is none. */
  get lastEndMs(): number | null {
    const [last] = this.read(this.lastSeq - 1, 1);
    return last?.endMs ?? null;
  }

  /** Throws when the disk does not take it. */
  append(interval: SplitterInterval): void {
    const insert = this.db.prepare('INSERT INTO interval (seq, end_ms, body) VALUES (?, ?, ?)');
    insert.run(interval.seq, interval.endMs, JSON.stringify(interval));
    // By number, so that a clock that jumped ahead does not empty the table at once.
    if (interval.seq % 100 === 0) {
      const old = 'DELETE FROM interval WHERE end_ms < ? AND seq < ?';
      this.db.prepare(old).run(interval.endMs - KEEP_MS, interval.seq - 1_000);
    }
  }

  /** Those with a number above `afterSeq`, rising. */
  read(afterSeq: number, limit: number): SplitterInterval[] {
    const select = 'SELECT body FROM interval WHERE seq > ? ORDER BY seq LIMIT ?';
    const rows = this.db.prepare(select).all(afterSeq, limit) as { body: string }[];
    return rows.map(({ body }) => JSON.parse(body) as SplitterInterval);
  }

  close(): void {
    this.db.close();
  }
}
