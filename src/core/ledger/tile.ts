import { concatBytes } from '../../base/bytes.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { HASH_BYTES, type Hash } from './merkle.ts';
import type { HashReader } from './merkle-proof.ts';

/** Tiles of height 8 (C2SP tlog-tiles): 256 hashes, or 256 entries, when full. */
export const TILE_WIDTH = 256;
const TILE_HEIGHT = 8;
/** tlog-tiles numbers levels 0 to 63; with 2^53 leaves no more than 7 exist. */
const LEVEL_MAX = 63;
const ENTRY_BYTES_MAX = 65_535;

/** A tile of hashes at `level`, or a bundle of entries; width below 256 is a partial one. */
export interface Tile {
  level: number | 'entries';
  index: number;
  width: number;
}

/** `tile/0/x001/x234/067.p/8`, `tile/entries/000`: where a tile lies below the log's prefix. */
export function tilePath(tile: Tile): string {
  let path = String(tile.index % 1_000).padStart(3, '0');
  for (let rest = Math.floor(tile.index / 1_000); rest > 0; rest = Math.floor(rest / 1_000)) {
    path = `x${String(rest % 1_000).padStart(3, '0')}/${path}`;
  }
  const partial = tile.width === TILE_WIDTH ? '' : `.p/${tile.width}`;
  return `tile/${tile.level}/${path}${partial}`;
}

const PATH = /^tile\/(0|[1-9]\d?|entries)\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

/** The tile of a path; null for anything that `tilePath` would not write. */
export function parseTilePath(path: string): Tile | null {
  const [, level, digits, partial] = PATH.exec(path) ?? [];
  if (level === undefined || digits === undefined) return null;
  const tile: Tile = {
    level: level === 'entries' ? level : Number(level),
    index: Number(digits.replaceAll(/[x/]/g, '')),
    width: partial === undefined ? TILE_WIDTH : Number(partial),
  };
  if (tile.level !== 'entries' && tile.level > LEVEL_MAX) return null;
  return Number.isSafeInteger(tile.index) && tilePath(tile) === path ? tile : null;
}

/** Every tile of the tree of `size` leaves: all levels, then the entry bundles. */
export function tilesOf(size: number): Tile[] {
  const tiles: Tile[] = [];
  for (let level = 0, count = size; count > 0; level += 1, count = Math.floor(count / TILE_WIDTH)) {
    tiles.push(...row(level, count));
  }
  return [...tiles, ...row('entries', size)];
}

function row(level: Tile['level'], count: number): Tile[] {
  const tiles: Tile[] = [];
  for (let start = 0; start < count; start += TILE_WIDTH) {
    tiles.push({ level, index: start / TILE_WIDTH, width: Math.min(TILE_WIDTH, count - start) });
  }
  return tiles;
}

/** The bytes of a hash tile: its hashes end to end. `integrity` when one is missing. */
export function tileBytes(tile: Tile, read: HashReader): Result<Uint8Array> {
  if (tile.level === 'entries') return fail(problem('usage', 'an entry bundle holds no hashes'));
  const hashes: Hash[] = [];
  for (let i = 0; i < tile.width; i += 1) {
    const index = tile.index * TILE_WIDTH + i;
    const hash = read(tile.level * TILE_HEIGHT, index);
    if (hash === null) return fail(problem('integrity', `${tilePath(tile)} lacks node ${index}`));
    hashes.push(hash);
  }
  return ok(concatBytes(...hashes));
}

/** The hashes of a tile's bytes; `integrity` when they are not `width` whole hashes. */
export function parseTile(tile: Tile, bytes: Uint8Array): Result<readonly Hash[]> {
  if (bytes.length !== tile.width * HASH_BYTES) {
    return fail(problem('integrity', `${tilePath(tile)} has ${bytes.length} bytes`));
  }
  const at = (i: number): Hash => bytes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES);
  return ok(Array.from({ length: tile.width }, (_, i) => at(i)));
}

/** An entry bundle: each entry behind its length as two bytes, high byte first. */
export function encodeBundle(entries: readonly Uint8Array[]): Result<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    if (entry.length > ENTRY_BYTES_MAX) {
      return fail(problem('refused', `an entry of ${entry.length} bytes has no place in a bundle`));
    }
    parts.push(Uint8Array.of(Math.floor(entry.length / 256), entry.length % 256), entry);
  }
  return ok(concatBytes(...parts));
}

/** The entries of a bundle of `width`; `integrity` when bytes are missing or left over. */
export function decodeBundle(bytes: Uint8Array, width: number): Result<readonly Uint8Array[]> {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length && entries.length < width) {
    const length = (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
    const end = at + 2 + length;
    if (end > bytes.length) break;
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  if (entries.length === width && at === bytes.length) return ok(entries);
  return fail(problem('integrity', `an entry bundle breaks off at byte ${at} of ${bytes.length}`));
}
