import { equalBytes, fromUtf8, utf8 } from '../../base/bytes.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import {
  EMPTY_FRONTIER,
  extend,
  frontierRoot,
  type Hash,
  leafHash,
} from '../../core/ledger/merkle.ts';
import {
  decodeBundle,
  encodeBundle,
  type Tile,
  tileBytes,
  tilePath,
  tilesOf,
} from '../../core/ledger/tile.ts';
import { FOLDER } from './layout.ts';
import type { FileFault } from './manifest.ts';
import type { PackFiles } from './tar.ts';

/** The tree that entries make: each level's complete nodes, leaves first, and the root. */
export interface LedgerTree {
  size: number;
  root: Hash;
  leaves: readonly Hash[];
  node(level: number, index: number): Hash | null;
}

export function treeOf(bodies: readonly Uint8Array[]): LedgerTree {
  return treeOfHashes(bodies.map(leafHash));
}

function treeOfHashes(leaves: readonly Hash[]): LedgerTree {
  const { frontier, completed } = extend(EMPTY_FRONTIER, leaves);
  const levels: Hash[][] = [[...leaves]];
  for (const nodes of completed) {
    for (const [i, node] of nodes.entries()) {
      const level = levels[i + 1] ?? [];
      level.push(node);
      levels[i + 1] = level;
    }
  }
  const node = (level: number, index: number): Hash | null => levels[level]?.[index] ?? null;
  return { size: leaves.length, root: frontierRoot(frontier), leaves, node };
}

/** The files of a tree below `ledger/`: every tile and entry bundle, at the paths of tlog-tiles. */
export function tileFiles(
  bodies: readonly Uint8Array[],
  tree: LedgerTree,
): Result<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const tile of tilesOf(tree.size)) {
    const bytes = bytesOf(tile, bodies, tree);
    if (!bytes.ok) return bytes;
    files.set(`${FOLDER.ledger}${tilePath(tile)}`, bytes.value);
  }
  return ok(files);
}

function bytesOf(tile: Tile, bodies: readonly Uint8Array[], tree: LedgerTree): Result<Uint8Array> {
  if (tile.level !== 'entries') return tileBytes(tile, tree.node);
  const first = tile.index * 256;
  return encodeBundle(bodies.slice(first, first + tile.width));
}

export interface HeldEntries {
  bodies: readonly Uint8Array[];
  tree: LedgerTree;
  /** Places at which tiles and entries do not agree with each other or with the signed root. */
  faults: readonly FileFault[];
}

/**
 * The entries 0 to size - 1 of a pack's bundles, and whether all tiles follow from them. `integrity`
 * where a bundle is missing or can't be taken apart; `root` is what was signed.
 */
export function readEntries(files: PackFiles, size: number, root: Hash): Result<HeldEntries> {
  const tiles = tilesOf(size);
  const bodies: Uint8Array[] = [];
  for (const tile of tiles.filter(({ level }) => level === 'entries')) {
    const path = `${FOLDER.ledger}${tilePath(tile)}`;
    const bundle = files.get(path);
    if (bundle === undefined) {
      const first = tile.index * 256;
      const message = `${path} is missing: entries ${first} to ${first + tile.width - 1}`;
      return fail(problem('integrity', message));
    }
    const entries = decodeBundle(bundle, tile.width);
    if (!entries.ok) return fail(problem('integrity', `${path}: ${entries.problem.message}`));
    bodies.push(...entries.value);
  }
  const tree = treeOf(bodies);
  return ok({ bodies, tree, faults: treeFaults(files, tiles, tree, root) });
}

const FAULTS_MAX = 20;

function treeFaults(
  files: PackFiles,
  tiles: readonly Tile[],
  tree: LedgerTree,
  root: Hash,
): readonly FileFault[] {
  const faults: FileFault[] = [];
  const isSigned = equalBytes(tree.root, root);
  for (const tile of tiles) {
    if (tile.level === 'entries') continue;
    const path = `${FOLDER.ledger}${tilePath(tile)}`;
    const wanted = tileBytes(tile, tree.node);
    const held = files.get(path);
    if (!wanted.ok || held === undefined) {
      faults.push({ file: path, message: 'it is missing' });
      continue;
    }
    const at = wanted.value.findIndex((byte, i) => byte !== held[i]);
    if (at < 0 && held.length === wanted.value.length) continue;
    const index = tile.index * 256 + Math.floor(Math.max(at, 0) / 32);
    faults.push({ file: path, message: tileMessage(tile, index, Math.max(at, 0), isSigned) });
  }
  if (!isSigned) {
    const message = `entries 0 to ${tree.size - 1} do not make up the tree that was signed: one is not what was logged, or one is missing, added or out of order`;
    faults.push({ file: `${FOLDER.ledger}tile/entries`, message });
  }
  const known = new Set(tiles.map((tile) => `${FOLDER.ledger}${tilePath(tile)}`));
  for (const name of files.keys()) {
    if (!name.startsWith(`${FOLDER.ledger}tile/`) || known.has(name)) continue;
    faults.push({ file: name, message: `no tile of a tree of ${tree.size} entries` });
  }
  return faults.slice(0, FAULTS_MAX);
}

/** Which of the two was altered is told by the signed root: it is made of the right ones. */
function tileMessage(tile: Tile, index: number, byte: number, isSigned: boolean): string {
  if (isSigned) return `byte ${byte}: the tile is not that of the entries`;
  const what = tile.level === 0 ? `entry ${index}` : `node ${index} of level ${tile.level}`;
  return `byte ${byte}: ${what} is the first that differs from the tile`;
}

/** The text of an entry's body; a leaf is UTF-8. */
export function entryText(body: Uint8Array): string | null {
  const text = fromUtf8(body);
  return text !== null && equalBytes(utf8(text), body) ? text : null;
}
