import { sha256 } from '../../base/digest.ts';
import { openCheckpoint } from './checkpoint.ts';
import { columnsOf, type Entry, entryFault, type LeafColumns, parseJson } from './entry.ts';
import { HASH_BYTES, type Hash } from './merkle.ts';
import type { NoteKey } from './signed-note.ts';
import { type AuditedRow, auditRows, type PlacedSeal, type RowCounts } from './verify-rows.ts';
import { type Damage, type TreeAudit, treeAudit } from './verify-tree.ts';

/** All that a store holds, as it lies there. Each part is read once, in the order named. */
export interface LedgerContents {
  /** Rising by index. */
  leaves: Iterable<AuditedLeaf>;
  /** Rising by size. */
  checkpoints: Iterable<{ size: number; note: string }>;
  /** Rising by leafIndex. */
  snapshots: Iterable<AuditedSnapshot>;
  /** By promotion, then rising by seq. */
  rows: Iterable<AuditedRow>;
  blobs: Iterable<{ sha256: string; body: Uint8Array }>;
  /** The highest term the store has seen. */
  term: number;
}

export interface AuditedLeaf extends LeafColumns {
  index: number;
  body: string;
  /** The stored leaf hash and the inner nodes that this leaf completes, end to end. */
  hashes: Uint8Array;
}

export interface AuditedSnapshot {
  promotion: string;
  ended: boolean;
  leafIndex: number;
  stateSha256: string;
  body: string;
}

export interface VerifyReport extends RowCounts {
  entries: number;
  root: Hash;
  checkpoints: number;
  /** Entries after the newest checkpoint: bound by no signature yet. */
  unsignedEntries: number;
  snapshots: number;
  blobs: number;
  /** In the order found, the first DAMAGE_LISTED_MAX of them; empty: the ledger is intact. */
  damage: readonly Damage[];
  damageCount: number;
}

const DAMAGE_LISTED_MAX = 1_000;

/**
 * Re-hashes every body, node, row, blob and snapshot, and checks every checkpoint's root and
 * signature. One pass, memory grows with seals and blobs only. What a reader of the store alone
 * can't see: leaves cut off together with every checkpoint that covers them.
 */
export function verifyLedger(contents: LedgerContents, logKey: NoteKey): VerifyReport {
  const damage: Damage[] = [];
  let damageCount = 0;
  const report = (found: Damage): void => {
    damageCount += 1;
    if (damage.length < DAMAGE_LISTED_MAX) damage.push(found);
  };
  const tree = treeAudit(report);
  const leaves = leafAudit(tree, report);
  const checkpoints = checkpointAudit(contents.checkpoints, tree, logKey, report);
  const snapshots = snapshotAudit(contents.snapshots, report);
  checkpoints.upTo(0, true);
  for (const leaf of contents.leaves) {
    const entry = leaves.add(leaf);
    checkpoints.upTo(leaf.index + 1, leaves.isWhole());
    snapshots.upTo(leaf.index, entry);
  }
  const entries = leaves.count();
  checkpoints.end(entries);
  snapshots.end();
  if (contents.term < leaves.term()) {
    const message = `the store's is ${contents.term}, below that of the newest entry`;
    report({ entry: null, place: 'term', message });
  }
  const counts = auditRows(contents.rows, leaves.seals, report);
  const blobs = auditBlobs(contents.blobs, leaves.blobs, report);
  return {
    entries,
    root: tree.root(),
    ...counts,
    checkpoints: checkpoints.count(),
    unsignedEntries: entries - Math.min(entries, checkpoints.newestSize()),
    snapshots: snapshots.count(),
    blobs,
    damage,
    damageCount,
  };
}

type Report = (damage: Damage) => void;

function leafAudit(tree: TreeAudit, report: Report) {
  const seals = new Map<string, PlacedSeal[]>();
  const blobs = new Map<string, number>();
  let next = 0;
  let isWhole = true;
  let term = 0;
  let before: LeafColumns | null = null;

  const note = (index: number, entry: Entry): void => {
    if (entry.term < term) {
      report({ entry: index, place: 'term', message: `${entry.term} after ${term}` });
    }
    term = entry.term;
    if (entry.blobSha256 !== null) blobs.set(entry.blobSha256, index);
    if (entry.sealed === null) return;
    const placed = seals.get(entry.promotion) ?? [];
    if (entry.sealed.fromSeq <= (placed.at(-1)?.seal.toSeq ?? -1)) {
      report({ entry: index, place: 'seal', message: 'it overlaps the segment before it' });
    }
    placed.push({ entry: index, seal: entry.sealed });
    seals.set(entry.promotion, placed);
  };

  const add = (leaf: AuditedLeaf): Entry | null => {
    if (leaf.index !== next) {
      isWhole = false;
      const message = `entries ${next} to ${leaf.index - 1} are missing`;
      report({ entry: next, place: 'entry', message });
    }
    next = leaf.index + 1;
    const { intact } = isWhole
      ? tree.add(leaf.body, leaf.hashes)
      : treeAudit(report).add(leaf.body, leaf.hashes.subarray(0, HASH_BYTES));
    if (!intact) return null; // what an altered body says is no measure for anything
    const { entry, columns } = readBody(leaf.body, before);
    if (columns === null) {
      report({ entry: leaf.index, place: 'body', message: 'neither an entry nor a hashedrekord' });
      return null;
    }
    for (const column of COLUMNS) {
      if (leaf[column] === columns[column]) continue;
      const message = `the column is not what the body says (${JSON.stringify(columns[column])})`;
      report({ entry: leaf.index, place: `column ${column}`, message });
    }
    before = columns;
    if (entry !== null) note(leaf.index, entry);
    return entry;
  };
  return { add, seals, blobs, term: () => term, count: () => next, isWhole: () => isWhole };
}

const COLUMNS = ['promotion', 'atMs', 'type', 'actor', 'summary', 'blobSha256'] as const;

/**
 * What the columns of a leaf must be: those of the entry, or, for a hashedrekord (whose JSON is
 * given by public verifiers and has no room for them), those of the entry that it follows.
 */
function readBody(
  body: string,
  before: LeafColumns | null,
): { entry: Entry | null; columns: LeafColumns | null } {
  const value = parseJson(body);
  if (typeof value !== 'object' || value === null) return { entry: null, columns: null };
  if (entryFault(value) === null) {
    const entry = value as Entry;
    return { entry, columns: columnsOf(entry) };
  }
  if ((value as { kind?: unknown }).kind !== 'hashedrekord') return { entry: null, columns: null };
  return { entry: null, columns: hashedRekordColumns(before) };
}

/** The audit log's columns of a hashedrekord leaf that follows the leaf with columns `before`. */
export function hashedRekordColumns(before: LeafColumns | null): LeafColumns {
  return {
    promotion: before?.promotion ?? '',
    atMs: before?.atMs ?? 0,
    type: 'hashedrekord',
    actor: before?.actor ?? '',
    summary: '',
    blobSha256: null,
  };
}

function checkpointAudit(
  stored: LedgerContents['checkpoints'],
  tree: TreeAudit,
  logKey: NoteKey,
  report: Report,
) {
  const pending = peekable(stored);
  let count = 0;
  let newest = 0;

  const fault = (size: number, note: string, isWhole: boolean): string | null => {
    const opened = openCheckpoint(note, logKey);
    if (!opened.ok) return opened.problem.message;
    if (opened.value.size !== size) return `it is signed for size ${opened.value.size}`;
    newest = size;
    const isRoot = !isWhole || tree.agreesWith(opened.value.root);
    return isRoot ? null : 'its root is not that of the stored tree';
  };
  const check = (size: number, note: string, isWhole: boolean): void => {
    count += 1;
    const message = fault(size, note, isWhole);
    if (message === null) return;
    report({ entry: size === 0 ? null : size - 1, place: `checkpoint ${size}`, message });
  };
  const upTo = (size: number, isWhole: boolean): void => {
    for (let next = pending.peek(); next !== null && next.size <= size; next = pending.peek()) {
      pending.take();
      check(next.size, next.note, isWhole);
    }
  };
  const end = (entries: number): void => {
    for (let next = pending.peek(); next !== null; next = pending.peek()) {
      pending.take();
      check(next.size, next.note, false);
      const message = `signed, but entries ${entries} to ${next.size - 1} are missing`;
      report({ entry: entries, place: `checkpoint ${next.size}`, message });
    }
  };
  return { upTo, end, count: () => count, newestSize: () => newest };
}

function snapshotAudit(stored: Iterable<AuditedSnapshot>, report: Report) {
  const pending = peekable(stored);
  let count = 0;
  const fault = (snapshot: AuditedSnapshot, entry: Entry | null): string | null => {
    const { promotion, ended, stateSha256, body } = snapshot;
    if (sha256(body) !== stateSha256) return 'its body has another digest';
    if (entry === null) return 'no entry vouches for it';
    const isTied = entry.stateSha256 === stateSha256 && entry.promotion === promotion;
    if (!isTied) return 'its entry quotes another state';
    return entry.ended === ended
      ? null
      : 'its entry says otherwise whether the promotion has ended';
  };
  const check = (snapshot: AuditedSnapshot, entry: Entry | null): void => {
    count += 1;
    const message = fault(snapshot, entry);
    if (message === null) return;
    report({ entry: snapshot.leafIndex, place: `snapshot of ${snapshot.promotion}`, message });
  };
  const upTo = (index: number, entry: Entry | null): void => {
    for (let next = pending.peek(); next !== null && next.leafIndex <= index; ) {
      pending.take();
      check(next, next.leafIndex === index ? entry : null);
      next = pending.peek();
    }
  };
  const end = (): void => upTo(Number.MAX_SAFE_INTEGER, null);
  return { upTo, end, count: () => count };
}

function auditBlobs(
  stored: LedgerContents['blobs'],
  quoted: ReadonlyMap<string, number>,
  report: Report,
): number {
  const missing = new Map(quoted);
  let count = 0;
  for (const blob of stored) {
    count += 1;
    const entry = quoted.get(blob.sha256) ?? null;
    missing.delete(blob.sha256);
    if (sha256(blob.body) === blob.sha256) continue;
    report({ entry, place: `blob ${blob.sha256}`, message: 'its body has another digest' });
  }
  for (const [digest, entry] of missing) {
    report({ entry, place: `blob ${digest}`, message: 'it is missing' });
  }
  return count;
}

function peekable<T>(items: Iterable<T>): { peek(): T | null; take(): void } {
  const iterator = items[Symbol.iterator]();
  let head = iterator.next();
  return {
    peek: () => (head.done === true ? null : head.value),
    take: () => {
      head = iterator.next();
    },
  };
}
