import { concatBytes } from '../../base/bytes.ts';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { EMPTY_FRONTIER, type Frontier, frontierTexts } from '../../core/ledger/merkle.ts';
import { rowCheck } from '../../core/ledger/segment.ts';
import type { LedgerContents } from '../../core/ledger/verify.ts';
import type {
  AppendBatch,
  IntervalRow,
  LeafRecord,
  LedgerHead,
  LedgerStore,
  Snapshot,
  StoredLeaf,
} from '../../engine/ports.ts';
import { type GrownTree, grow, placeFault } from './append-check.ts';

/** fail-before: nothing was stored; fail-after: all of it was. Both answer `unavailable`. */
export type Fault = 'none' | 'fail-before' | 'fail-after';

/** A ledger that lives as long as the process: for tests and the simulator. */
export interface MemoryStore extends LedgerStore {
  /** What `verifyLedger` reads. */
  contents(): LedgerContents;
}

/** `fault` is asked once for each batch that would be stored; it decides what the disk does. */
export function memoryStore(fault: (batch: AppendBatch) => Fault = () => 'none'): MemoryStore {
  const tables: Tables = {
    leaves: [],
    rows: new Map(),
    blobs: new Map(),
    checkpoints: new Map(),
    snapshots: new Map(),
    frontier: EMPTY_FRONTIER,
    term: 0,
  };
  const append = async (batch: AppendBatch): Promise<Result<void>> => {
    const misplaced = placeFault(batch, { size: tables.frontier.size, term: tables.term });
    if (misplaced !== null) return fail(misplaced);
    const grown = grow(tables.frontier, batch);
    if (!grown.ok) return grown;
    const clash = keyFault(tables, batch, grown.value.frontier.size);
    if (clash !== null) return fail(clash);
    const injected = fault(batch);
    if (injected !== 'fail-before') insert(tables, batch, grown.value);
    if (injected === 'none') return ok(undefined);
    return fail(problem('unavailable', 'the disk did not answer'));
  };
  return {
    append,
    head: async () => ok(headOf(tables)),
    leaves: async (from, to) => {
      const part = tables.leaves.slice(from, Math.max(from, to));
      return ok(part.map((leaf, i) => storedLeaf(tables, leaf, from + i)));
    },
    rows: async (promotion, afterSeq, limit) => {
      const later = rowsOf(tables, promotion).filter(({ seq }) => seq > afterSeq);
      return ok(later.slice(0, limit));
    },
    blob: async (sha256) => ok(tables.blobs.get(sha256) ?? null),
    contents: () => contentsOf(tables),
  };
}

interface Leaf {
  record: LeafRecord;
  hashes: readonly Uint8Array[];
}

interface Tables {
  leaves: Leaf[];
  /** By promotion, then by seq. */
  rows: Map<string, Map<number, IntervalRow>>;
  blobs: Map<string, Uint8Array>;
  checkpoints: Map<number, string>;
  /** By promotion, then by leaf index. */
  snapshots: Map<string, Map<number, Snapshot>>;
  frontier: Frontier;
  term: number;
}

/** What the keys of the SQLite tables refuse. */
function keyFault(tables: Tables, batch: AppendBatch, size: number): Problem | null {
  const own = new Set<string>();
  const isDouble = (key: string): boolean => own.size === own.add(key).size;
  for (const { promotion, seq } of batch.rows) {
    if (tables.rows.get(promotion)?.has(seq) || isDouble(`row ${seq} ${promotion}`)) {
      return problem('conflict', `interval row ${seq} of ${promotion} is there already`);
    }
  }
  for (const { promotion, leafIndex } of batch.snapshots) {
    if (leafIndex < 0 || leafIndex >= size) {
      return problem('conflict', `there is no entry ${leafIndex} to tie a snapshot to`);
    }
    const isStored = tables.snapshots.get(promotion)?.has(leafIndex);
    if (isStored || isDouble(`snapshot ${leafIndex} ${promotion}`)) {
      return problem('conflict', `${promotion} has a snapshot after ${leafIndex} already`);
    }
  }
  for (const { blobSha256: digest } of batch.leaves) {
    if (digest === null || tables.blobs.has(digest)) continue;
    if (batch.blobs.some(({ sha256 }) => sha256 === digest)) continue;
    return problem('conflict', `blob ${digest} is quoted but not there`);
  }
  return null;
}

/** Copies: a caller that goes on to change its batch must not reach into the ledger. */
function insert(tables: Tables, batch: AppendBatch, grown: GrownTree): void {
  const within = <T>(outer: Map<string, Map<number, T>>, promotion: string): Map<number, T> => {
    const inner = outer.get(promotion) ?? new Map<number, T>();
    outer.set(promotion, inner);
    return inner;
  };
  batch.leaves.forEach((record, i) => {
    tables.leaves.push({ record: { ...record }, hashes: grown.hashes[i] ?? [] });
  });
  for (const row of batch.rows) within(tables.rows, row.promotion).set(row.seq, { ...row });
  for (const { sha256, body } of batch.blobs) tables.blobs.set(sha256, new Uint8Array(body));
  for (const snapshot of batch.snapshots) {
    within(tables.snapshots, snapshot.promotion).set(snapshot.leafIndex, { ...snapshot });
  }
  if (batch.checkpoint !== '') tables.checkpoints.set(grown.frontier.size, batch.checkpoint);
  tables.frontier = grown.frontier;
  tables.term = batch.term;
}

function headOf(tables: Tables): LedgerHead {
  const newest = [...tables.snapshots.values()].flatMap((own) => {
    const snapshot = own.get(Math.max(...own.keys()));
    return snapshot === undefined ? [] : [snapshot];
  });
  return {
    size: tables.frontier.size,
    term: tables.term,
    frontier: frontierTexts(tables.frontier),
    checkpoint: tables.checkpoints.get(Math.max(...tables.checkpoints.keys())) ?? '',
    active: newest
      .filter(({ ended }) => !ended)
      .sort((a, b) => (a.promotion < b.promotion ? -1 : 1)),
  };
}

function storedLeaf(tables: Tables, { record }: Leaf, index: number): StoredLeaf {
  const blob = record.blobSha256 === null ? undefined : tables.blobs.get(record.blobSha256);
  return { ...record, index, blob: blob ?? null };
}

function rowsOf(tables: Tables, promotion: string): IntervalRow[] {
  return [...(tables.rows.get(promotion)?.values() ?? [])].sort((a, b) => a.seq - b.seq);
}

function contentsOf(tables: Tables): LedgerContents {
  return {
    leaves: tables.leaves.map(({ record, hashes }, index) => {
      return { ...record, index, hashes: concatBytes(...hashes) };
    }),
    checkpoints: [...tables.checkpoints]
      .map(([size, note]) => ({ size, note }))
      .sort((a, b) => a.size - b.size),
    snapshots: [...tables.snapshots.values()]
      .flatMap((own) => [...own.values()])
      .sort((a, b) => a.leafIndex - b.leafIndex),
    rows: [...tables.rows.keys()]
      .flatMap((promotion) => rowsOf(tables, promotion))
      .map((row) => ({ ...row, check: rowCheck(row) })),
    term: tables.term,
    blobs: [...tables.blobs].map(([sha256, body]) => ({ sha256, body })),
  };
}
