import type { LeafRecord } from '../../src/engine/ports.ts';
import { leaf } from '../contract/ledger-store.ts';

/** The entry at an index: the same in the process that appends and in the one that looks for it. */
export function faultLeaf(index: number): LeafRecord {
  return leaf({ n: index, atMs: 1_764_000_000_000 + index, summary: `step ${index}` });
}
