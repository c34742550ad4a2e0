import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { batch, leaf, snapshotOf } from '../../../test/contract/ledger-store.ts';
import { utf8 } from '../../base/bytes.ts';
import { canonicalJson } from '../../base/canonical-json.ts';
import { digestOf, sha256 } from '../../base/digest.ts';
import type { Result } from '../../base/result.ts';
import { openSqliteStore, type SqliteStore } from './sqlite.ts';
import { type PastPromotions, sqlitePast } from './sqlite-past.ts';
import { openSqliteReader, type SqliteReader } from './sqlite-reader.ts';

const folder = mkdtempSync(join(tmpdir(), 'aurora-past-'));
const path = join(folder, 'ledger.db');
const plan = {
  service: 'web',
  measurements: [{ metric: 'errors', from: { source: 'splitter', measure: 'errors' } }],
};
const planSha256 = digestOf(plan);
let store: SqliteStore;
let reader: SqliteReader;
let past: PastPromotions;

function ok<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.problem.message);
  return result.value;
}

/** Each a leaf and the snapshot after it: [promotion, service, ended]. */
const ENDS: readonly (readonly [string, string, boolean])[] = [
  ['web-1-0', 'web', false],
  ['web-1-0', 'web', true],
  ['web-shop-1-2', 'web-shop', true],
  ['web-2-3', 'web', true],
  // A second snapshot of what has ended already.
  ['web-1-0', 'web', true],
  ['web-3-5', 'web', false],
];

const weights = (candidate: number): { stable: number; candidate: number } => {
  return { stable: 100 - candidate, candidate };
};
const order = (id: string, candidate: number) => {
  const both = { weights: weights(candidate), fallback: weights(0) };
  return { id, kind: 'set-weights', generation: 1, ...both };
};
/** A step too large for a leaf: ordered 50 %. */
const large = { event: { kind: 'tick' }, effects: [order('e3', 50)] };
const SHARES: readonly { atMs: number; fields: Parameters<typeof leaf>[0] }[] = [
  { atMs: 1, fields: { summary: 'shift: set-weights', effects: [order('e1', 20)] } },
  { atMs: 2, fields: { type: 'interval', summary: 'run' } },
  { atMs: 3, fields: { type: 'effect-done', event: { kind: 'effect-done', effect: 'e1' } } },
  // Ordered, and never confirmed.
  { atMs: 4, fields: { summary: 'shift: set-weights', effects: [order('e2', 90)] } },
  {
    atMs: 5,
    fields: {
      summary: 'shift: set-weights',
      event: { kind: 'blob', sha256: sha256(canonicalJson(large)) },
      blobSha256: sha256(canonicalJson(large)),
    },
  },
  { atMs: 6, fields: { type: 'effect-done', event: { kind: 'effect-done', effect: 'e3' } } },
  {
    atMs: 7,
    fields: {
      type: 'observed',
      event: { kind: 'observed', weights: weights(0), fallbackApplied: true },
    },
  },
  { atMs: 8, fields: { type: 'effect-done', event: { kind: 'effect-done', effect: 'other' } } },
];

beforeAll(async () => {
  store = ok(openSqliteStore(path));
  const blobs = [plan, large].map((body) => {
    const text = canonicalJson(body);
    return { sha256: sha256(text), body: utf8(text) };
  });
  const row = (seq: number, candidate: object | null) => {
    return { promotion: 'web-1-0', seq, body: JSON.stringify({ seq, stable: null, candidate }) };
  };
  const errors = { kind: 'rate', events: 3, total: 100 };
  const rows = [
    row(0, null),
    row(1, { up: true, requests: 100, metrics: { errors } }),
    row(2, { up: true, requests: 50, metrics: {} }),
  ];
  const states = ENDS.map(([promotion, service], leafIndex) => {
    return { promotion, service, planSha256, leafIndex };
  });
  const leaves = states.map((state) =>
    leaf({ promotion: state.promotion, stateSha256: digestOf(state) }),
  );
  const snapshots = states.map((state, leafIndex) => {
    const { promotion } = state;
    return snapshotOf(state, { promotion, leafIndex, ended: ENDS[leafIndex]?.[2] ?? false });
  });
  const shares = SHARES.map(({ atMs, fields }) => leaf({ promotion: 'shares', atMs, ...fields }));
  ok(
    await store.append(batch({ term: 3, leaves: [...leaves, ...shares], blobs, rows, snapshots })),
  );
  reader = ok(openSqliteReader(path));
  past = sqlitePast(reader);
});
afterAll(() => {
  reader.close();
  store.close();
  rmSync(folder, { recursive: true });
});

const idsOf = (list: Result<readonly { state: { promotion: string } }[]>): string[] =>
  ok(list).map(({ state }) => state.promotion);

test('what has ended, the last first; of a service alone; so many', () => {
  expect(idsOf(past.list({ limit: 9 }))).toEqual(['web-1-0', 'web-2-3', 'web-shop-1-2']);
  expect(idsOf(past.list({ limit: 1 }))).toEqual(['web-1-0']);
  expect(idsOf(past.list({ service: 'web', limit: 9 }))).toEqual(['web-1-0', 'web-2-3']);
  expect(idsOf(past.list({ service: 'web-shop', limit: 9 }))).toEqual(['web-shop-1-2']);
  expect(idsOf(past.list({ service: "web' OR '1", limit: 9 }))).toEqual([]);
});

test('after a leaf, rising: each once, by its first end', () => {
  const ends = (after: number, limit = 9) =>
    ok(past.endedAfter(after, limit)).map(({ state, leafIndex }) => [state.promotion, leafIndex]);
  expect(ends(-1)).toEqual([
    ['web-1-0', 1],
    ['web-shop-1-2', 2],
    ['web-2-3', 3],
  ]);
  expect(ends(-1, 1)).toEqual([['web-1-0', 1]]);
  expect(ends(1)).toEqual([
    ['web-shop-1-2', 2],
    ['web-2-3', 3],
  ]);
  expect(ends(3)).toEqual([]);
});

test('one by its id; what is active, or never was, is none', () => {
  expect(ok(past.find('web-1-0'))).toMatchObject({ plan, leafIndex: 4, state: { service: 'web' } });
  expect(ok(past.find('web-3-5'))).toBeNull();
  expect(ok(past.find('web'))).toBeNull();
});

test('ids by their beginning, active ones too, the one that moved last first', () => {
  const all = ['web-3-5', 'web-1-0', 'web-2-3', 'web-shop-1-2'];
  expect(ok(past.idsFrom('web', 9))).toEqual(all);
  expect(ok(past.idsFrom('', 2))).toEqual(all.slice(0, 2));
  expect(ok(past.idsFrom('web-1', 9))).toEqual(['web-1-0']);
  for (const none of ['wex', 'web%', 'web_1', 'web-1-00']) {
    expect(ok(past.idsFrom(none, 9)), none).toEqual([]);
  }
});

test('the share: what was confirmed or seen, not what was ordered', () => {
  expect(ok(past.share('shares'))).toEqual({ highestPct: 50, firstAtMs: 3 });
  expect(ok(past.share('web-1-0'))).toEqual({ highestPct: 0, firstAtMs: null });
});

test('exposure: from the rows; errors where the plan counts them', () => {
  const found = ok(past.find('web-1-0'));
  if (found === null) throw new Error('it has ended');
  expect(ok(past.exposure(found))).toEqual({ requests: 150, bad: 3 });
  const uncounted = { ...found, plan: { ...found.plan, measurements: [] } };
  expect(ok(past.exposure(uncounted))).toEqual({ requests: 150, bad: null });
});

test('entries and term', () => {
  expect(ok(past.ledgerSize())).toBe(ENDS.length + SHARES.length);
  expect(ok(reader.term())).toBe(3);
});

describe('damage is told, never shown as history', () => {
  test.each([
    ['a state', `UPDATE snapshots SET body = replace(body, 'web-2', 'web-9')`],
    ['a plan', `UPDATE blobs SET body = x'7b7d' WHERE sha256 = '${planSha256}'`],
  ])('%s', (_, statement) => {
    const copy = join(folder, 'copy.db');
    rmSync(copy, { force: true });
    const source = new Database(path, { readonly: true });
    writeFileSync(copy, source.serialize());
    source.close();
    const changed = new Database(copy);
    expect(changed.prepare(statement).run().changes).toBeGreaterThan(0);
    changed.close();
    const opened = ok(openSqliteReader(copy));
    const found = sqlitePast(opened).find('web-2-3');
    opened.close();
    expect(found).toMatchObject({ problem: { code: 'integrity' } });
  });
});
