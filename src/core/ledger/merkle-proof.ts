import { equalBytes } from '../../base/bytes.ts';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import {
  EMPTY_ROOT,
  type Frontier,
  frontierRoot,
  HASH_BYTES,
  type Hash,
  nodeHash,
  perfectSubtrees,
} from './merkle.ts';

/** Reads the stored hash of a perfect subtree; null when it isn't there. */
export type HashReader = (level: number, index: number) => Hash | null;

/** Trees of up to 2^53 - 1 leaves: no honest proof has more hashes. */
const PROOF_HASHES_MAX = 64;

/**
 * The audit path of leaf `index` in the tree of `size` leaves, leaf's sibling first (RFC 9162,
 * section 2.1.3.1). O(log size) reads. `not-found` when index or size are out of range,
 * `integrity` when a hash is missing.
 */
export function inclusionProof(
  index: number,
  size: number,
  read: HashReader,
): Result<readonly Hash[]> {
  if (!isSize(size) || !isSize(index) || index >= size) {
    return fail(problem('not-found', `no entry ${index} in a tree of ${size}`));
  }
  const path: Range[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const middle = from + splitPoint(to - from);
    if (index < middle) {
      path.push([middle, to]);
      to = middle;
    } else {
      path.push([from, middle]);
      from = middle;
    }
  }
  return readRanges(path.reverse(), read);
}

/**
 * Proof that the tree of `size2` extends the one of `size1` (RFC 9162, section 2.1.4.1), for
 * 0 < size1 <= size2. Problems as above.
 */
export function consistencyProof(
  size1: number,
  size2: number,
  read: HashReader,
): Result<readonly Hash[]> {
  if (!isSize(size1) || !isSize(size2) || size1 === 0 || size1 > size2) {
    return fail(problem('not-found', `no consistency proof from size ${size1} to ${size2}`));
  }
  const path: Range[] = [];
  let from = 0;
  let to = size2;
  let isWhole = true;
  while (to !== size1) {
    const middle = from + splitPoint(to - from);
    if (size1 <= middle) {
      path.push([middle, to]);
      to = middle;
    } else {
      path.push([from, middle]);
      from = middle;
      isWhole = false;
    }
  }
  if (!isWhole) path.push([from, to]);
  return readRanges(path.reverse(), read);
}

/** The frontier of the tree of `size` leaves, from stored hashes; `integrity` when one is missing. */
export function readFrontier(size: number, read: HashReader): Result<Frontier> {
  const hashes: Hash[] = [];
  for (const { level, index } of perfectSubtrees(0, size)) {
    const hash = read(level, index);
    if (hash === null) return fail(missing(level, index));
    hashes.push(hash);
  }
  return ok({ size, hashes });
}

/**
 * RFC 9162, section 2.1.3.2. False for everything that does not prove it: a proof of the wrong
 * length, hashes that are no hashes, an index outside the tree (so an empty tree proves nothing).
 */
export function verifyInclusion(claim: {
  index: number;
  size: number;
  leafHash: Hash;
  proof: readonly Hash[];
  root: Hash;
}): boolean {
  const { index, size, proof } = claim;
  if (!isSize(index) || !isSize(size) || index >= size) return false;
  if (!areHashes([claim.leafHash, claim.root, ...proof])) return false;
  let at = index;
  let last = size - 1;
  let hash = claim.leafHash;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(sibling, hash);
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && equalBytes(hash, claim.root);
}

/**
 * RFC 9162, section 2.1.4.2. Size 0: the RFC leaves it open and witnesses accept an empty proof
 * from 0; here, as in transparency-dev/merkle, it is false. Every tree extends the empty one, so
 * the proof would say nothing, and an attacker who sets a size to 0 must not be told "consistent".
 */
export function verifyConsistency(claim: {
  size1: number;
  size2: number;
  root1: Hash;
  root2: Hash;
  proof: readonly Hash[];
}): boolean {
  const { size1, size2, root1, root2, proof } = claim;
  if (!isSize(size1) || !isSize(size2) || size1 === 0 || size1 > size2) return false;
  if (!areHashes([root1, root2, ...proof])) return false;
  if (size1 === size2) return proof.length === 0 && equalBytes(root1, root2);
  let at = size1 - 1;
  let last = size2 - 1;
  while (at % 2 === 1) [at, last] = [half(at), half(last)];
  // A first tree that is one perfect subtree is where the path starts, and isn't sent.
  const [start, ...rest] = at === 0 ? [root1, ...proof] : proof;
  if (start === undefined) return false;
  let [hash1, hash2] = [start, start];
  for (const sibling of rest) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      hash1 = nodeHash(sibling, hash1);
      hash2 = nodeHash(sibling, hash2);
      while (at % 2 === 0 && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      hash2 = nodeHash(hash2, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && equalBytes(hash1, root1) && equalBytes(hash2, root2);
}

type Range = readonly [from: number, to: number];

/** The largest power of two below n, for n > 1: where RFC 6962 splits a tree. */
function splitPoint(n: number): number {
  let k = 1;
  while (2 * k < n) k *= 2;
  return k;
}

const half = (n: number): number => Math.floor(n / 2);
const isSize = (n: number): boolean => Number.isSafeInteger(n) && n >= 0;

function areHashes(hashes: readonly Hash[]): boolean {
  if (hashes.length > PROOF_HASHES_MAX + 2) return false;
  return hashes.every((hash) => hash instanceof Uint8Array && hash.length === HASH_BYTES);
}

/** Each range's root; only one range of a path is not itself a perfect subtree. */
function readRanges(ranges: readonly Range[], read: HashReader): Result<readonly Hash[]> {
  const hashes: Hash[] = [];
  for (const [from, to] of ranges) {
    const parts: Hash[] = [];
    for (const { level, index } of perfectSubtrees(from, to)) {
      const hash = read(level, index);
      if (hash === null) return fail(missing(level, index));
      parts.push(hash);
    }
    hashes.push(parts.length === 0 ? EMPTY_ROOT : frontierRoot({ size: to - from, hashes: parts }));
  }
  return ok(hashes);
}

function missing(level: number, index: number): Problem {
  return problem('integrity', `the hash of node ${level}/${index} is missing`);
}
