import { openLedger, type SqliteReader } from '../../src/app.ts';
import type { EffectName, Moment } from './kill-plan.ts';

interface Step {
  event: { kind: string; effect?: string; command?: string; reason?: string };
  effects: readonly { id: string; kind: string }[];
}

const LEAVES_MAX = 100_000;

/** Every step that the ledger holds, in order; of a large one the body is its blob. */
export function stepsOf(reader: SqliteReader): readonly Step[] {
  const leaves = reader.leaves(0, LEAVES_MAX);
  if (!leaves.ok) throw new Error(leaves.problem.message);
  return leaves.value.map(({ body, blob }) => {
    const step = JSON.parse(body) as Step;
    if (step.event.kind !== 'blob' || blob === null) return step;
    return JSON.parse(new TextDecoder().decode(blob)) as Step;
  });
}

/** Whether a moment of a promotion has come, as its ledger tells. */
export function hasCome(
  steps: readonly Step[],
  moment: Exclude<Moment, { kind: 'time' }>,
): boolean {
  const ids = issued(steps, moment.effect);
  const wanted = ids[moment.nth - 1];
  if (wanted === undefined) return false;
  if (moment.kind === 'issued') return true;
  return steps.some(
    ({ event }) =>
      (event.kind === 'effect-done' || event.kind === 'evidence') && event.effect === wanted,
  );
}

/** Ids of the effects of a kind, in the order in which they were issued; a repetition is none. */
function issued(steps: readonly Step[], effect: EffectName): string[] {
  const ids = steps.flatMap(({ effects }) =>
    effects.filter(({ kind }) => kind === effect).map(({ id }) => id),
  );
  return [...new Set(ids)];
}

/** The ledger of a state directory, as soon as there is one. */
export async function ledgerOf(state: string): Promise<SqliteReader> {
  for (;;) {
    const ledger = await openLedger(state);
    if (ledger.ok) return ledger.value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
