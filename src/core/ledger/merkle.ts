import { assert, present } from '../../base/assert.ts';
import { fromBase64, toBase64 } from '../../base/bytes.ts';
import { sha256Bytes } from '../../base/digest.ts';

/** 32 bytes of SHA-256. */
export type Hash = Uint8Array;

export const HASH_BYTES = 32;

/** The root of a tree without leaves: SHA-256 of nothing (RFC 6962, section 2.1). */
export const EMPTY_ROOT: Hash = sha256Bytes('');

/** The prefixes keep a leaf from being passed off as a node (second preimage). */
const LEAF_PREFIX = '\u0000';
const NODE_PREFIX = 0x01;

/** SHA-256(0x00 || body); a text counts by its UTF-8 bytes. */
export function leafHash(body: Uint8Array | string): Hash {
  if (typeof body === 'string') return sha256Bytes(LEAF_PREFIX + body);
  return sha256Bytes(LEAF_PREFIX, body);
}

/** One buffer for all nodes: hashing is synchronous, so nobody else writes to it meanwhile. */
const scratch = new Uint8Array(1 + 2 * HASH_BYTES);
scratch[0] = NODE_PREFIX;

/** SHA-256(0x01 || left || right) */
export function nodeHash(left: Hash, right: Hash): Hash {
  assert(left.length === HASH_BYTES && right.length === HASH_BYTES, 'a node hashes two hashes');
  scratch.set(left, 1);
  scratch.set(right, 1 + HASH_BYTES);
  return sha256Bytes(scratch);
}

/** The root over leaf hashes, by the definition of RFC 6962, section 2.1. */
export function rootOf(hashes: readonly Hash[]): Hash {
  return frontierRoot(extend(EMPTY_FRONTIER, hashes).frontier);
}

/**
 * What a tree of `size` leaves needs to grow: the roots of its largest perfect subtrees, left to
 * right, one for each set bit of the size. Never changed in place.
 */
export interface Frontier {
  size: number;
  hashes: readonly Hash[];
}

export const EMPTY_FRONTIER: Frontier = { size: 0, hashes: [] };

export interface Extension {
  frontier: Frontier;
  /** For each new leaf the inner nodes that it completes, level 1 first; often none. */
  completed: readonly (readonly Hash[])[];
}

/** Appends leaf hashes: one node hash a leaf on average, log2(size) at most, nothing re-read. */
export function extend(frontier: Frontier, leaves: readonly Hash[]): Extension {
  const hashes = [...frontier.hashes];
  let size = frontier.size;
  const completed = leaves.map((leaf) => {
    const nodes: Hash[] = [];
    let hash = leaf;
    for (let rest = size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      hash = nodeHash(present(hashes.pop(), 'a frontier holds one hash a bit'), hash);
      nodes.push(hash);
    }
    hashes.push(hash);
    size += 1;
    return nodes;
  });
  return { frontier: { size, hashes }, completed };
}

/** The frontier's hashes as texts (base64), largest subtree first. */
export function frontierTexts(frontier: Frontier): string[] {
  return frontier.hashes.map(toBase64);
}

/** The frontier of such texts; null when they are no hashes, or not one for each bit of `size`. */
export function parseFrontier(size: number, texts: readonly string[]): Frontier | null {
  if (perfectSubtrees(0, size).length !== texts.length) return null;
  const hashes = texts.map(fromBase64);
  if (!hashes.every((hash) => hash?.length === HASH_BYTES)) return null;
  return { size, hashes: hashes.filter((hash) => hash !== null) };
}

/** The root of the tree that the frontier describes. */
export function frontierRoot(frontier: Frontier): Hash {
  const last = frontier.hashes.at(-1);
  if (last === undefined) return EMPTY_ROOT;
  return frontier.hashes.slice(0, -1).reduceRight((root, left) => nodeHash(left, root), last);
}

/**
 * A perfect subtree: level 0 are the leaf hashes, and node (level, index) covers the leaves
 * [index * 2^level, (index + 1) * 2^level).
 */
export interface NodeId {
  level: number;
  index: number;
}

/** The perfect subtrees that tile the leaves [from, to), left to right. Sizes up to 2^53 - 1. */
export function perfectSubtrees(from: number, to: number): NodeId[] {
  const nodes: NodeId[] = [];
  let start = from;
  while (start < to) {
    let level = 0;
    let span = 1;
    while (start % (2 * span) === 0 && start + 2 * span <= to) {
      level += 1;
      span *= 2;
    }
    nodes.push({ level, index: start / span });
    start += span;
  }
  return nodes;
}

/** The leaf whose arrival completes the node. */
export function completingLeaf(node: NodeId): number {
  let end = node.index + 1;
  for (let level = 0; level < node.level; level += 1) end *= 2;
  return end - 1;
}

/** 32 bytes from a run of hashes stored end to end; null when the run ends before. */
export function hashAt(run: Uint8Array, place: number): Hash | null {
  const start = place * HASH_BYTES;
  return start + HASH_BYTES <= run.length ? run.slice(start, start + HASH_BYTES) : null;
}
