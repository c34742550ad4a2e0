/** Composition of what commands read of one promotion: the ledger's steps, told to the machine again. */
import { existsSync } from 'node:fs';
import { openSqliteReader, type SqliteReader } from './adapters/store/sqlite-reader.ts';
import { stateFiles } from './app.ts';
import { problem } from './base/problem.ts';
import { fail, ok, type Result } from './base/result.ts';
import type { PromotionRecord, RecordedStep } from './core/decision/promotion-record.ts';
import type { Interval } from './core/evidence/interval.ts';
import { decodeEvent, type LeafBody } from './engine/leaf.ts';
import type { LedgerStore } from './engine/ports.ts';
import { recover } from './engine/recover.ts';

const ROWS_AT_ONCE = 4_096;

/**
 * A promotion of a state directory's ledger, active or ended: `word` is its id, or the beginning of
 * one id alone. Its state is recomputed to the newest entry; `integrity` where the digests differ.
 */
export async function readPromotionRecord(
  folder: string,
  word: string,
): Promise<Result<PromotionRecord>> {
  return await withLedger(folder, async (reader) => {
    const id = idOf(reader, word);
    if (!id.ok) return id;
    const [snapshot, size] = [reader.snapshot(id.value), reader.size()];
    if (!snapshot.ok) return snapshot;
    if (!size.ok) return size;
    if (snapshot.value === null) return fail(problem('not-found', `no promotion ${id.value}`));
    const recovered = await recover(readOnly(reader), snapshot.value, size.value);
    if (!recovered.ok) return recovered;
    const { plan, resume } = recovered.value;
    const leaves = reader.list({ promotion: id.value, limit: size.value });
    if (!leaves.ok) return leaves;
    const steps = leaves.value.flatMap(({ index, atMs, body, blob }): RecordedStep[] => {
      const event = decodeEvent(JSON.parse(body) as LeafBody, blob);
      return event.kind === 'blob' ? [] : [{ index, atMs, event }];
    });
    if (resume.state === null) return fail(problem('not-found', `${id.value} was never opened`));
    return ok({ plan, state: resume.state, steps });
  });
}

/** A promotion's recorded intervals that lie within a time, rising. */
export async function readIntervals(
  folder: string,
  promotion: string,
  time: { fromMs: number; toMs: number },
): Promise<Result<readonly { interval: Interval; body: string }[]>> {
  return await withLedger(folder, async (reader) => {
    const found: { interval: Interval; body: string }[] = [];
    for (let afterSeq = -1; ; ) {
      const rows = reader.rows(promotion, afterSeq, ROWS_AT_ONCE);
      if (!rows.ok) return rows;
      for (const { seq, body } of rows.value) {
        afterSeq = seq;
        const interval = JSON.parse(body) as Interval;
        const { startMs, endMs } = interval;
        if (startMs >= time.fromMs && endMs <= time.toMs) found.push({ interval, body });
      }
      if (rows.value.length < ROWS_AT_ONCE) return ok(found);
    }
  });
}

async function withLedger<T>(
  folder: string,
  read: (reader: SqliteReader) => Promise<Result<T>>,
): Promise<Result<T>> {
  const path = stateFiles(folder).ledger;
  if (!existsSync(path)) {
    const hint = 'name the state directory: --state FOLDER, or set AURORA_STATE';
    return fail(problem('not-found', `${path} does not exist`, hint));
  }
  const reader = openSqliteReader(path);
  if (!reader.ok) return reader;
  try {
    return await read(reader.value);
  } finally {
    reader.value.close();
  }
}

function idOf(reader: SqliteReader, word: string): Result<string> {
  const ids = reader.idsFrom(word, 11);
  if (!ids.ok) return ids;
  if (ids.value.includes(word)) return ok(word);
  const [only, another] = ids.value;
  const hint = 'auroractl list; auroractl history';
  if (only === undefined) return fail(problem('not-found', `no promotion ${word}`, hint));
  if (another === undefined) return ok(only);
  return fail(problem('usage', `${word} may be ${ids.value.join(', ')}`, 'give more of its id'));
}

/** What replay needs of a store; nothing is ever written through it. */
function readOnly(reader: SqliteReader): LedgerStore {
  return {
    head: async () => reader.head(),
    append: async () => fail(problem('refused', 'the ledger is open for reading alone')),
    leaves: async (from, to) => reader.leaves(from, to),
    rows: async (promotion, afterSeq, limit) => reader.rows(promotion, afterSeq, limit),
    blob: async (sha256) => reader.blob(sha256),
  };
}
