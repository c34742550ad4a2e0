import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { present } from '../../base/assert.ts';
import { fromHex, toHex } from '../../base/bytes.ts';
import {
  completingLeaf,
  EMPTY_FRONTIER,
  EMPTY_ROOT,
  extend,
  frontierRoot,
  frontierTexts,
  type Hash,
  leafHash,
  nodeHash,
  parseFrontier,
  perfectSubtrees,
  rootOf,
} from './merkle.ts';
import {
  consistencyProof,
  type HashReader,
  inclusionProof,
  readFrontier,
  verifyConsistency,
  verifyInclusion,
} from './merkle-proof.ts';

/** RFC 6962's own definition, by recursion: what the fast code is held against. */
function slowRoot(leaves: readonly Hash[]): Hash {
  const [only] = leaves;
  if (only === undefined) return EMPTY_ROOT;
  if (leaves.length === 1) return only;
  let k = 1;
  while (2 * k < leaves.length) k *= 2;
  return nodeHash(slowRoot(leaves.slice(0, k)), slowRoot(leaves.slice(k)));
}

const hashes = (size: number): Hash[] =>
  Array.from({ length: size }, (_, i) => leafHash(`entry ${i}`));

function readerOf(leaves: readonly Hash[]): HashReader {
  const { completed } = extend(EMPTY_FRONTIER, leaves);
  return (level, index) =>
    level === 0
      ? (leaves[index] ?? null)
      : (completed[completingLeaf({ level, index })]?.[level - 1] ?? null);
}

function ok<T>(result: { ok: true; value: T } | { ok: false }): T {
  expect(result.ok).toBe(true);
  return present(result.ok ? result.value : null, 'the result is ok');
}

const LEAVES = hashes(70);
const READ = readerOf(LEAVES);
const ROOTS = Array.from({ length: 71 }, (_, size) => slowRoot(LEAVES.slice(0, size)));
const rootAt = (size: number): Hash => present(ROOTS[size], 'a size of the table');

describe('plain numbers', () => {
  test.each([
    ['no leaves', rootOf([]), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    [
      'empty leaf',
      leafHash(''),
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    ],
    [
      'leaf',
      leafHash('L123456'),
      '395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56',
    ],
    [
      'leaves "" and 00',
      rootOf([leafHash(''), leafHash(Uint8Array.of(0))]),
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    ],
  ])('%s', (_, hash, hex) => expect(toHex(hash)).toBe(hex));

  test('a text and its UTF-8 bytes are the same leaf', () => {
    expect(toHex(leafHash('größe'))).toBe(toHex(leafHash(new TextEncoder().encode('größe'))));
  });
});

test('the frontier gives the root of every size, however the leaves are cut', () => {
  for (let size = 0; size <= 70; size += 1) {
    expect(toHex(rootOf(LEAVES.slice(0, size))), String(size)).toBe(toHex(rootAt(size)));
  }
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 9 }), { maxLength: 12 }), (cuts) => {
      let frontier = EMPTY_FRONTIER;
      for (const cut of cuts) {
        const next = LEAVES.slice(frontier.size, Math.min(70, frontier.size + cut));
        frontier = extend(frontier, next).frontier;
        expect(toHex(frontierRoot(frontier))).toBe(toHex(rootAt(frontier.size)));
      }
    }),
  );
});

test('a frontier survives its text form; anything else is no frontier', () => {
  for (const size of [0, 1, 5, 64, 70]) {
    const frontier = ok(readFrontier(size, READ));
    const texts = frontierTexts(frontier);
    const again = present(parseFrontier(size, texts), 'parsed');
    expect(toHex(frontierRoot(again))).toBe(toHex(rootAt(size)));
    expect(parseFrontier(size + 1, size === 5 ? texts.slice(1) : [...texts, ''])).toBeNull();
  }
  expect(parseFrontier(1, ['AAAA'])).toBeNull();
});

test('perfect subtrees tile a range', () => {
  expect(perfectSubtrees(0, 7)).toEqual([
    { level: 2, index: 0 },
    { level: 1, index: 2 },
    { level: 0, index: 6 },
  ]);
  expect(perfectSubtrees(0, Number.MAX_SAFE_INTEGER)).toHaveLength(53);
  expect(completingLeaf({ level: 3, index: 1 })).toBe(15);
});

test('every inclusion proof of every tree up to 70 verifies, and no neighbour does', () => {
  for (let size = 1; size <= 70; size += 1) {
    for (let index = 0; index < size; index += 1) {
      const proof = ok(inclusionProof(index, size, READ));
      const claim = {
        index,
        size,
        leafHash: LEAVES[index] ?? EMPTY_ROOT,
        proof,
        root: rootAt(size),
      };
      expect(verifyInclusion(claim)).toBe(true);
      expect(verifyInclusion({ ...claim, index: index + 1 })).toBe(false);
      expect(verifyInclusion({ ...claim, root: rootAt(size - 1) })).toBe(false);
    }
  }
});

test('every consistency proof up to 70 verifies, and not from an altered past', () => {
  for (let size2 = 1; size2 <= 70; size2 += 1) {
    for (let size1 = 1; size1 <= size2; size1 += 1) {
      const proof = ok(consistencyProof(size1, size2, READ));
      const claim = { size1, size2, root1: rootAt(size1), root2: rootAt(size2), proof };
      expect(verifyConsistency(claim), `${size1} ${size2}`).toBe(true);
      expect(verifyConsistency({ ...claim, root1: rootAt(size1 - 1) })).toBe(false);
    }
  }
});

test('a proof costs O(log n) reads', () => {
  const leaves = hashes(5_000);
  const read = readerOf(leaves);
  let reads = 0;
  const counting: HashReader = (level, index) => {
    reads += 1;
    return read(level, index);
  };
  ok(inclusionProof(4_321, 5_000, counting));
  ok(consistencyProof(4_097, 5_000, counting));
  expect(reads).toBeLessThan(50);
});

test('any flipped bit of a proof, a root or a leaf fails', () => {
  const flip = (hash: Hash, bit: number): Hash => {
    const copy = new Uint8Array(hash);
    copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return copy;
  };
  const at = fc.record({
    size: fc.integer({ min: 1, max: 70 }),
    other: fc.nat(),
    which: fc.nat(),
    bit: fc.nat({ max: 255 }),
  });
  fc.assert(
    fc.property(at, ({ size, other, which, bit }) => {
      const index = other % size;
      const path = ok(inclusionProof(index, size, READ));
      const parts = [present(LEAVES[index], 'leaf'), rootAt(size), ...path].map((hash, i, all) =>
        i === which % all.length ? flip(hash, bit) : hash,
      );
      const [leaf = EMPTY_ROOT, root = EMPTY_ROOT, ...proof] = parts;
      expect(verifyInclusion({ index, size, leafHash: leaf, proof, root })).toBe(false);
    }),
  );
  fc.assert(
    fc.property(at, ({ size, other, which, bit }) => {
      const size1 = 1 + (other % size);
      const path = ok(consistencyProof(size1, size, READ));
      const parts = [rootAt(size1), rootAt(size), ...path].map((hash, i, all) =>
        i === which % all.length ? flip(hash, bit) : hash,
      );
      const [root1 = EMPTY_ROOT, root2 = EMPTY_ROOT, ...proof] = parts;
      expect(verifyConsistency({ size1, size2: size, root1, root2, proof })).toBe(false);
    }),
  );
});

test('hostile claims are false, never a crash', () => {
  const root = rootAt(8);
  const proof = ok(inclusionProof(3, 8, READ));
  const leaf = present(LEAVES[3], 'leaf');
  const good = { index: 3, size: 8, leafHash: leaf, proof, root };
  const bad = [
    ...[-1, 8, 0.5, Number.NaN, 2 ** 60].map((index) => ({ ...good, index })),
    ...[-1, 0, 3, Number.POSITIVE_INFINITY].map((size) => ({ ...good, size })),
    { ...good, proof: proof.slice(1) },
    { ...good, proof: proof.slice(0, -1) },
    { ...good, proof: [...proof, leaf] },
    { ...good, proof: [...proof].reverse() },
    { ...good, proof: Array.from({ length: 1_000_000 }, () => leaf) },
    { ...good, proof: [new Uint8Array(31), ...proof.slice(1)] },
    { ...good, leafHash: new Uint8Array(0) },
    { ...good, root: new Uint8Array(33) },
  ];
  for (const claim of bad) expect(verifyInclusion(claim)).toBe(false);
  const two = { size1: 4, size2: 8, root1: rootAt(4), root2: root, proof: [] as Hash[] };
  expect(verifyConsistency(two)).toBe(false);
  expect(verifyConsistency({ ...two, size1: 0, root1: EMPTY_ROOT })).toBe(false);
  expect(verifyConsistency({ ...two, size1: 9 })).toBe(false);
  expect(verifyConsistency({ ...two, size1: 8, root1: root })).toBe(true);
  expect(verifyConsistency({ ...two, size1: 8, root1: root, proof: [leaf] })).toBe(false);
  expect(inclusionProof(8, 8, READ)).toMatchObject({ problem: { code: 'not-found' } });
  expect(consistencyProof(0, 8, READ)).toMatchObject({ problem: { code: 'not-found' } });
  expect(inclusionProof(0, 8, () => null)).toMatchObject({ problem: { code: 'integrity' } });
  expect(fromHex('0G')).toBeNull();
});
