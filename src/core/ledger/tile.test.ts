import { expect, test } from 'vitest';
import { toHex, utf8 } from '../../base/bytes.ts';
import { leafHash } from './merkle.ts';
import {
  decodeBundle,
  encodeBundle,
  parseTile,
  parseTilePath,
  tileBytes,
  tilePath,
  tilesOf,
} from './tile.ts';

test.each([
  [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
  [{ level: 1, index: 1_234_067, width: 256 }, 'tile/1/x001/x234/067'],
  [{ level: 0, index: 999, width: 8 }, 'tile/0/999.p/8'],
  [{ level: 0, index: 1_000, width: 1 }, 'tile/0/x001/000.p/1'],
  [{ level: 'entries', index: 1_000_000, width: 256 }, 'tile/entries/x001/x000/000'],
] as const)('%o lies at %s', (tile, path) => {
  expect(tilePath(tile)).toBe(path);
  expect(parseTilePath(path)).toEqual(tile);
});

test.each([
  '',
  'tile/0/00',
  'tile/0/0000',
  'tile/00/000',
  'tile/64/000',
  'tile/-1/000',
  'tile/0/x000/001',
  'tile/0/001/002',
  'tile/0/000.p/0',
  'tile/0/000.p/256',
  'tile/0/000.p/01',
  'tile/0/000/',
  '../tile/0/000',
  'tile/0/../000',
])('%s is no tile', (path) => expect(parseTilePath(path)).toBeNull());

test('the tiles of a tree', () => {
  expect(tilesOf(0)).toEqual([]);
  expect(tilesOf(256).map(tilePath)).toEqual(['tile/0/000', 'tile/1/000.p/1', 'tile/entries/000']);
  expect(tilesOf(70_000).map(tilePath)).toHaveLength(274 + 2 + 1 + 274);
  expect(tilesOf(70_000).map(tilePath)).toContain('tile/0/273.p/112');
  expect(tilesOf(70_000).map(tilePath)).toContain('tile/1/001.p/17');
  expect(tilesOf(70_000).map(tilePath)).toContain('tile/2/000.p/1');
});

test('a tile is its hashes end to end', () => {
  const tile = { level: 1, index: 1, width: 3 };
  const asked: string[] = [];
  const bytes = tileBytes(tile, (level, index) => {
    asked.push(`${level}/${index}`);
    return leafHash(String(index));
  });
  expect(asked).toEqual(['8/256', '8/257', '8/258']);
  const hashes = bytes.ok ? parseTile(tile, bytes.value) : bytes;
  expect(hashes.ok && hashes.value.map(toHex)).toEqual(
    ['256', '257', '258'].map((n) => toHex(leafHash(n))),
  );
  expect(parseTile(tile, new Uint8Array(95)).ok).toBe(false);
  expect(tileBytes(tile, () => null)).toMatchObject({ problem: { code: 'integrity' } });
});

test('an entry bundle', () => {
  const entries = [utf8('one'), utf8(''), new Uint8Array(65_535).fill(7)];
  const bundle = encodeBundle(entries);
  if (!bundle.ok) throw new Error(bundle.problem.message);
  expect([...bundle.value.slice(0, 7)]).toEqual([0, 3, 111, 110, 101, 0, 0]);
  expect(decodeBundle(bundle.value, 3)).toEqual({ ok: true, value: entries });
  expect(encodeBundle([new Uint8Array(65_536)])).toMatchObject({ problem: { code: 'refused' } });
  for (const [bytes, width] of [
    [bundle.value, 2],
    [bundle.value, 4],
    [bundle.value.slice(0, -1), 3],
    [Uint8Array.of(0), 1],
    [Uint8Array.of(255, 255), 1],
  ] as const) {
    expect(decodeBundle(bytes, width)).toMatchObject({ problem: { code: 'integrity' } });
  }
});
