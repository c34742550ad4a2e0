import { equalBytes, utf8Length } from '../../base/bytes.ts';
import { sha256 } from '../../base/digest.ts';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { readCheckpoint } from '../../core/ledger/checkpoint.ts';
import { LEAF_BYTES_MAX } from '../../core/ledger/entry.ts';
import {
  extend,
  type Frontier,
  frontierRoot,
  type Hash,
  leafHash,
} from '../../core/ledger/merkle.ts';
import type { AppendBatch } from '../../engine/ports.ts';

/** What both stores refuse before they write anything: another term, another place. */
export function placeFault(
  batch: AppendBatch,
  head: { size: number; term: number },
): Problem | null {
  if (batch.term < head.term) {
    const message = `term ${batch.term} is over: a controller of term ${head.term} has taken over`;
    return problem('refused', message);
  }
  if (batch.firstIndex !== head.size) {
    const message = `the ledger has ${head.size} entries; this batch starts at ${batch.firstIndex}`;
    return problem('conflict', message);
  }
  return null;
}

/** A batch made ready: how the tree grows by it. */
export interface GrownTree {
  frontier: Frontier;
  /** For each leaf its hash and the inner nodes that it completes, level 0 first. */
  hashes: readonly (readonly Hash[])[];
}

/**
 * Hashes the batch onto the frontier. `refused` for a leaf that is too large, `integrity` when a
 * digest, or the checkpoint's size or root, isn't that of what would be stored: a store never
 * keeps what its own verification would call damaged.
 */
export function grow(frontier: Frontier, batch: AppendBatch): Result<GrownTree> {
  const fault = contentFault(batch);
  if (fault !== null) return fail(fault);
  const leafHashes = batch.leaves.map(({ body }) => leafHash(body));
  const extension = extend(frontier, leafHashes);
  const hashes = leafHashes.map((hash, i) => [hash, ...(extension.completed[i] ?? [])]);
  const grown = { frontier: extension.frontier, hashes };
  if (batch.checkpoint === '') return ok(grown);
  const checkpoint = readCheckpoint(batch.checkpoint);
  if (!checkpoint.ok) return checkpoint;
  const { size, root } = checkpoint.value;
  if (size !== grown.frontier.size || !equalBytes(root, frontierRoot(grown.frontier))) {
    const message = `the checkpoint of size ${size} is not of the tree with ${grown.frontier.size}`;
    return fail(problem('integrity', message));
  }
  return ok(grown);
}

function contentFault(batch: AppendBatch): Problem | null {
  for (const { body } of batch.leaves) {
    // A UTF-16 unit takes at most three bytes: short texts need no counting.
    if (body.length * 3 > LEAF_BYTES_MAX && utf8Length(body) > LEAF_BYTES_MAX) {
      return problem('refused', `a leaf of more than ${LEAF_BYTES_MAX} bytes`);
    }
  }
  for (const blob of batch.blobs) {
    if (sha256(blob.body) !== blob.sha256) return wrongDigest(`blob ${blob.sha256}`);
  }
  for (const { promotion, stateSha256, body } of batch.snapshots) {
    if (sha256(body) !== stateSha256) return wrongDigest(`the snapshot of ${promotion}`);
  }
  return null;
}

const wrongDigest = (what: string): Problem =>
  problem('integrity', `${what} does not have the digest it is named by`);
