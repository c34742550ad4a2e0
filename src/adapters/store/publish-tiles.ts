import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { equalBytes, utf8 } from '../../base/bytes.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { type Checkpoint, openCheckpoint } from '../../core/ledger/checkpoint.ts';
import { type NoteKey, parseVkey } from '../../core/ledger/signed-note.ts';
import {
  encodeBundle,
  TILE_WIDTH,
  type Tile,
  tileBytes,
  tilePath,
  tilesOf,
} from '../../core/ledger/tile.ts';
import { fileProblem } from './file-problem.ts';
import { openSqliteReader, type SqliteReader } from './sqlite-reader.ts';
import { syncFolder } from './work-folder.ts';

export interface PublishedTiles {
  /** Of the checkpoint that is published now, and that was before; 0: none was. */
  size: number;
  sizeBefore: number;
  /** Files written, the checkpoint not counted. */
  written: number;
  /** Full tiles that were there already, and were not touched. */
  kept: number;
}

export interface PublishWish {
  /** The SQLite file. */
  ledger: string;
  vkey: string;
  /** Where the tree of files goes: what a web server would show as the log's prefix. */
  folder: string;
  /** Where the newest checkpoint with cosignatures of witnesses lies, if there is one. */
  cosigned: string;
}

/**
 * Brings a folder of C2SP tlog-tiles up to the ledger's newest checkpoint. Each file is whole or not
 * there; a full tile is written once; the checkpoint comes last, so that it never speaks of a tile
 * that is not there. Broken off, it is simply run again. `inconclusive` while nothing is signed,
 * `integrity` where the folder holds another history than the ledger.
 */
export function publishTiles(wish: PublishWish): Result<PublishedTiles> {
  const key = parseVkey(wish.vkey);
  if (!key.ok) return key;
  const opened = openSqliteReader(wish.ledger);
  if (!opened.ok) return opened;
  try {
    return publish(opened.value, key.value, wish);
  } catch (error) {
    return fail(fileProblem(error, wish.folder));
  } finally {
    opened.value.close();
  }
}

function publish(ledger: SqliteReader, key: NoteKey, wish: PublishWish): Result<PublishedTiles> {
  const newest = newestCheckpoint(ledger, key);
  if (!newest.ok) return newest;
  const { size } = newest.value.checkpoint;
  const before = publishedBefore(ledger, key, wish.folder);
  if (!before.ok) return before;
  const sizeBefore = before.value;
  if (sizeBefore > size) {
    const message = `${wish.folder} is at ${sizeBefore} entries, the ledger's checkpoint at ${size}`;
    return fail(problem('integrity', message, 'docs/operating/damaged-ledger.md'));
  }
  let [written, kept] = [0, 0];
  const stale: string[] = [];
  for (const tile of tilesOf(size)) {
    const path = join(wish.folder, tilePath(tile));
    const bytes = isKept(tile, path, sizeBefore) ? null : bytesOf(tile, ledger);
    if (bytes === null) {
      kept += 1;
      continue;
    }
    if (!bytes.ok) return bytes;
    const put = putTile(path, bytes.value);
    if (!put.ok) return put;
    if (put.value) written += 1;
    else kept += 1;
    if (tile.width === TILE_WIDTH) stale.push(`${path}.p`);
  }
  const note = withCosignatures(newest.value.note, wish.cosigned, key);
  replaceFile(join(wish.folder, 'checkpoint'), utf8(note));
  // Their readers find the full tile in their place (tlog-tiles, Partial Tiles).
  for (const folder of stale) rmSync(folder, { recursive: true, force: true });
  return ok({ size, sizeBefore, written, kept });
}

function newestCheckpoint(
  ledger: SqliteReader,
  key: NoteKey,
): Result<{ note: string; checkpoint: Checkpoint }> {
  const newest = ledger.checkpoint(Number.MAX_SAFE_INTEGER);
  if (!newest.ok) return newest;
  if (newest.value === null) {
    return fail(problem('inconclusive', 'no checkpoint of the ledger is signed yet'));
  }
  const { note } = newest.value;
  const checkpoint = openCheckpoint(note, key);
  if (!checkpoint.ok) return checkpoint;
  const root = ledger.rootAt(checkpoint.value.size);
  if (!root.ok) return root;
  if (equalBytes(root.value, checkpoint.value.root))
    return ok({ note, checkpoint: checkpoint.value });
  const hint = 'auroractl ledger verify names the places';
  return fail(problem('integrity', 'the ledger is not what its checkpoint says', hint));
}

/** The size of the folder's checkpoint, once the ledger is known to continue it; 0: there is none. */
function publishedBefore(ledger: SqliteReader, key: NoteKey, folder: string): Result<number> {
  const path = join(folder, 'checkpoint');
  if (!existsSync(path)) return ok(0);
  const checkpoint = openCheckpoint(readFileSync(path, 'utf8'), key);
  if (!checkpoint.ok) return fail(problem('integrity', `${path}: ${checkpoint.problem.message}`));
  const { size, root } = checkpoint.value;
  const own = ledger.rootAt(size);
  if (!own.ok)
    return fail(problem('integrity', `${path} is of ${size} entries: ${own.problem.message}`));
  if (equalBytes(own.value, root)) return ok(size);
  const hint = 'touch nothing: docs/operating/damaged-ledger.md';
  return fail(problem('integrity', `${path} is of another history than the ledger`, hint));
}

/** Full tiles below a published checkpoint are there for good; one that went missing is made anew. */
function isKept(tile: Tile, path: string, sizeBefore: number): boolean {
  if (tile.width !== TILE_WIDTH || lastLeaf(tile) >= sizeBefore) return false;
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true && (tile.level === 'entries' || found.size === TILE_WIDTH * 32);
}

function lastLeaf(tile: Tile): number {
  let end = (tile.index + 1) * TILE_WIDTH;
  for (let level = tile.level === 'entries' ? 0 : tile.level; level > 0; level -= 1)
    end *= TILE_WIDTH;
  return end - 1;
}

function bytesOf(tile: Tile, ledger: SqliteReader): Result<Uint8Array> {
  if (tile.level !== 'entries') return tileBytes(tile, ledger.node);
  const from = tile.index * TILE_WIDTH;
  const leaves = ledger.leaves(from, from + tile.width);
  return leaves.ok ? encodeBundle(leaves.value.map(({ body }) => utf8(body))) : leaves;
}

/** Whether it was written; `integrity` where the same name stands for other bytes already. */
function putTile(path: string, bytes: Uint8Array): Result<boolean> {
  if (existsSync(path)) {
    const there = readFileSync(path);
    if (equalBytes(there, bytes)) return ok(false);
    const at = there.findIndex((byte, i) => byte !== bytes[i]);
    const place = at < 0 ? Math.min(there.length, bytes.length) : at;
    return fail(problem('integrity', `${path} differs from the ledger at byte ${place}`));
  }
  replaceFile(path, bytes);
  return ok(true);
}

/** On stable storage, name and all, before anything that speaks of it is. */
function replaceFile(path: string, bytes: Uint8Array): void {
  const folder = dirname(path);
  const made = mkdirSync(folder, { recursive: true });
  const temporary = `${path}.tmp`;
  const file = openSync(temporary, 'w', 0o644);
  try {
    writeFileSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  syncFolder(folder);
  if (made !== undefined) syncFolder(dirname(made));
}

/** A cosigned note counts only while it is of the very tree that is published. */
function withCosignatures(note: string, path: string, key: NoteKey): string {
  if (!existsSync(path)) return note;
  const cosigned = readFileSync(path, 'utf8');
  if (!openCheckpoint(cosigned, key).ok) return note;
  const textOf = (one: string): string => one.slice(0, one.lastIndexOf('\n\n'));
  return textOf(cosigned) === textOf(note) ? cosigned : note;
}
