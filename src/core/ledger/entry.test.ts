import { describe, expect, test } from 'vitest';
import { sha256 } from '../../base/digest.ts';
import { type Entry, LEAF_BYTES_MAX, leafOf, parseEntry } from './entry.ts';
import { sealOf, segmentDigest } from './segment.ts';

const STATE = sha256('{}');

function entry(fields: Partial<Entry> = {}): Entry {
  return {
    v: 1,
    promotion: 'p',
    n: 4,
    term: 2,
    atMs: 1_764_000_000_123,
    type: 'command',
    actor: 'ops',
    summary: 'paused',
    event: { kind: 'command', command: 'pause' },
    effects: [{ id: 'e1', kind: 'notify' }],
    stateSha256: STATE,
    ended: false,
    sealed: null,
    blobSha256: null,
    ...fields,
  };
}

function bodyOf(fields: Partial<Entry> = {}): string {
  const leaf = leafOf(entry(fields));
  if (!leaf.ok) throw new Error(leaf.problem.message);
  return leaf.value.body;
}

const nested = (depth: number): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < depth; i += 1) value = [value];
  return value;
};

test('an entry is one canonical line of JSON and comes back as it was', () => {
  expect(bodyOf({ event: { b: 1, a: 0.1 } })).toBe(
    '{"actor":"ops","atMs":1764000000123,"blobSha256":null,"effects":[{"id":"e1","kind":"notify"}],' +
      '"ended":false,"event":{"a":0.1,"b":1},"n":4,"promotion":"p","sealed":null,' +
      `"stateSha256":"${STATE}","summary":"paused","term":2,"type":"command","v":1}`,
  );
  const sealed = { fromSeq: 1, toSeq: 60, rows: 59, sha256: sha256('x') };
  for (const fields of [{}, { sealed }, { event: null, effects: [] }, { summary: 'größe 🚦' }]) {
    expect(parseEntry(bodyOf(fields))).toEqual({ ok: true, value: entry(fields) });
  }
});

describe('what JSON cannot hold exactly is refused', () => {
  test.each([
    ['a whole number beyond 2^53', Number('1764000000123456789')],
    ['NaN', Number.NaN],
    ['infinity', Number.NEGATIVE_INFINITY],
    ['a bigint', 1n],
    ['half a surrogate pair', '\ud800'],
    ['a key with half a surrogate pair', { '\udc00': 1 }],
    ['undefined in a list', [undefined]],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['a function', () => 1],
    ['65 levels', nested(65)],
    ['100,000 levels', nested(100_000)],
  ])('%s', (_, value) => {
    expect(leafOf(entry({ event: { value } }))).toMatchObject({ problem: { code: 'refused' } });
  });

  test.each([[0.1], [-1e-7], [Number.MAX_SAFE_INTEGER], [5e-324], [-0]])(
    '%s is let in',
    (value) => {
      const parsed = parseEntry(bodyOf({ event: { value } }));
      expect(parsed.ok && (parsed.value.event as { value: number }).value === value).toBe(true);
    },
  );
});

test('a leaf has at most 16 KiB, counted in bytes', () => {
  const rest = bodyOf({ summary: '' }).length;
  const fits = LEAF_BYTES_MAX - rest;
  expect(bodyOf({ summary: 'x'.repeat(fits) })).toHaveLength(LEAF_BYTES_MAX);
  for (const summary of ['x'.repeat(fits + 1), 'é'.repeat(Math.ceil((fits + 1) / 2))]) {
    expect(leafOf(entry({ summary }))).toMatchObject({ problem: { code: 'refused' } });
  }
});

test('a body that no entry gives is not an entry', () => {
  const good = bodyOf();
  const without = (field: string) => good.replace(new RegExp(`"${field}":[^,]*,`), '');
  const bad = [
    '',
    '[]',
    'null',
    '{}',
    '['.repeat(16_000),
    ' ' + good,
    good.replace('"v":1', '"v":2'),
    good.replace('"n":4', '"n":4.5'),
    good.replace('"n":4', '"n":-4'),
    good.replace('"n":4', '"n":4e0'),
    good.replace(STATE, STATE.toUpperCase()),
    good.replace('"sealed":null', '"sealed":{"fromSeq":1}'),
    good.replace('"effects":[', '"effects":{'),
    without('actor'),
    without('ended'),
    good.replace('{"actor":"ops",', '{').replace('}', ',"actor":"ops"}'),
    bodyOf({ summary: 'x'.repeat(9_000) }).replace('xxx', 'x'.repeat(9_000)),
  ];
  for (const body of bad) {
    expect(parseEntry(body), body.slice(0, 80)).toMatchObject({ problem: { code: 'integrity' } });
  }
});

test('the seal of a segment: one line a row, as sha256sum would give it', () => {
  const rows = [
    { seq: 7, body: '{"seq":7}' },
    { seq: 9, body: '{"seq":9}' },
  ];
  const lines = `7 ${sha256('{"seq":7}')}\n9 ${sha256('{"seq":9}')}\n`;
  expect(sealOf(rows)).toEqual({ fromSeq: 7, toSeq: 9, rows: 2, sha256: sha256(lines) });
  expect(sealOf([])).toBeNull();
  const variants = [rows.toReversed(), rows.slice(1), [{ seq: 8, body: '{"seq":7}' }, rows[1]]];
  for (const variant of variants) {
    const present = variant.filter((row) => row !== undefined);
    expect(segmentDigest(present)).not.toBe(segmentDigest(rows));
  }
});
