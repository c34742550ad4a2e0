import type { MemoryStore } from '../../src/adapters/store/memory.ts';
import { digestOf } from '../../src/base/digest.ts';
import type { State } from '../../src/core/promotion/state.ts';
import type { Snapshot } from '../../src/engine/ports.ts';
import { recover } from '../../src/engine/recover.ts';

/**
 * From every snapshot that was ever saved, and so from the very first leaf, the ledger alone leads
 * to the same last state, bit for bit.
 */
export async function replayWhole(store: MemoryStore, last: State): Promise<readonly string[]> {
  const wanted = digestOf(last);
  const head = await store.head();
  if (!head.ok) return [`the ledger can't be read: ${head.problem.message}`];
  const violations: string[] = [];
  for (const saved of store.contents().snapshots) {
    const snapshot: Snapshot = saved;
    const again = await recover(store, snapshot, head.value.size);
    if (!again.ok) violations.push(`replay: ${again.problem.message}`);
    else if (again.value.resume.state === null || digestOf(again.value.resume.state) !== wanted) {
      violations.push(`replay from leaf ${snapshot.leafIndex} ends in another state`);
    }
  }
  return violations;
}
