import { type Problem, problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { checkpointText, formatCheckpoint } from '../core/ledger/checkpoint.ts';
import { extend, type Frontier, frontierRoot, leafHash } from '../core/ledger/merkle.ts';
import type {
  AppendBatch,
  IntervalRow,
  LeafRecord,
  LedgerHead,
  LedgerStore,
  Signer,
  Snapshot,
} from './ports.ts';

/** What one step of one promotion wants on disk, together or not at all. */
export interface Entry {
  leaf: LeafRecord | null;
  rows: readonly IntervalRow[];
  blobs: readonly { sha256: string; body: Uint8Array }[];
  /** Built once the leaf's index is known; null: no snapshot with this leaf. */
  snapshot: ((leafIndex: number) => Snapshot) | null;
}

const BATCH_MAX = 256;

interface Waiting {
  entry: Entry;
  resolve: (result: Result<void>) => void;
}

/**
 * The one writer of the ledger. Entries that come while a batch is on its way to disk share the
 * next one; each caller hears back after its batch is durable. After a failed batch nothing more is
 * written: whether it is there can only be told by opening the ledger again.
 */
export class Recorder {
  private readonly queue: Waiting[] = [];
  private isFlushing = false;
  private broken: Problem | null = null;
  private frontier: Frontier;

  private readonly store: LedgerStore;
  private readonly signer: Signer;
  private readonly origin: string;
  readonly term: number;

  constructor(store: LedgerStore, signer: Signer, origin: string, head: LedgerHead, term: number) {
    this.store = store;
    this.signer = signer;
    this.origin = origin;
    this.term = term;
    const hashes = head.frontier.map((hash) => new Uint8Array(Buffer.from(hash, 'base64')));
    this.frontier = { size: head.size, hashes };
  }

  /** Why nothing can be written any more; null while all is well. */
  get problem(): Problem | null {
    return this.broken;
  }

  get leafCount(): number {
    return this.frontier.size;
  }

  /** Resolves once the entry is on stable storage, or with the reason why it isn't. */
  append(entry: Entry): Promise<Result<void>> {
    if (this.broken !== null) return Promise.resolve(fail(this.broken));
    return new Promise((resolve) => {
      this.queue.push({ entry, resolve });
      if (!this.isFlushing) void this.flush();
    });
  }

  private async flush(): Promise<void> {
    this.isFlushing = true;
    // Entries of the same turn of the event loop share a batch.
    await Promise.resolve();
    while (this.queue.length > 0) {
      const waiting = this.queue.splice(0, BATCH_MAX);
      const result = this.broken === null ? await this.tryToWrite(waiting) : fail(this.broken);
      if (!result.ok) this.broken = result.problem;
      for (const { resolve } of waiting) resolve(result);
    }
    this.isFlushing = false;
  }

  /** A store or signer that throws has failed like one that says so. */
  private async tryToWrite(waiting: readonly Waiting[]): Promise<Result<void>> {
    try {
      return await this.write(waiting);
    } catch (error) {
      return fail(problem('unavailable', `writing the ledger: ${String(error)}`));
    }
  }

  private async write(waiting: readonly Waiting[]): Promise<Result<void>> {
    const { size } = this.frontier;
    const leaves: LeafRecord[] = [];
    const snapshots: Snapshot[] = [];
    for (const { entry } of waiting) {
      if (entry.leaf === null) continue;
      const index = size + leaves.length;
      leaves.push(entry.leaf);
      if (entry.snapshot !== null) snapshots.push(entry.snapshot(index));
    }
    const hashes = leaves.map(({ body }) => leafHash(body));
    const { frontier } = extend(this.frontier, hashes);
    const checkpoint = leaves.length > 0 ? await this.checkpoint(frontier) : ok('');
    if (!checkpoint.ok) return checkpoint;
    const batch: AppendBatch = {
      term: this.term,
      firstIndex: size,
      leaves,
      rows: waiting.flatMap(({ entry }) => entry.rows),
      blobs: waiting.flatMap(({ entry }) => entry.blobs),
      checkpoint: checkpoint.value,
      snapshots,
    };
    const written = await this.store.append(batch);
    if (!written.ok) return written;
    this.frontier = frontier;
    return ok(undefined);
  }

  private async checkpoint(tree: Frontier): Promise<Result<string>> {
    const checkpoint = { origin: this.origin, size: tree.size, root: frontierRoot(tree) };
    const text = new TextEncoder().encode(checkpointText(checkpoint));
    const signature = await this.signer.sign(text);
    if (!signature.ok) return signature;
    return formatCheckpoint(checkpoint, this.signer.publicKey(), signature.value);
  }
}
