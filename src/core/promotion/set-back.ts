import type { GateStanding, State } from './state.ts';
import { type Step, set } from './step.ts';

/** Smaller steps back are left alone: clocks are trimmed all the time. */
const TRIM_MAX_MS = 60_000;

/**
 * The clock was set back: times that the state holds lie in the future. The stage then counts from
 * now, and gates that were evaluated "later" count as not evaluated. Without this a promotion would
 * stand still until the clock had caught up, or take fresh results for forged ones.
 */
export function followClockBack(step: Step): void {
  const { state, now } = step;
  const isAhead = (ms: number): boolean => ms > now + TRIM_MAX_MS;
  const { stageSinceMs, phaseSinceMs } = state.position;
  if (isAhead(stageSinceMs) || isAhead(phaseSinceMs)) {
    const position = {
      ...state.position,
      stageSinceMs: Math.min(stageSinceMs, now),
      phaseSinceMs: Math.min(phaseSinceMs, now),
    };
    set(step, { position });
  }
  if (state.pending.some(({ retryAtMs }) => isAhead(retryAtMs))) {
    const pending = state.pending.map((one) => {
      return isAhead(one.retryAtMs) ? { ...one, retryAtMs: now } : one;
    });
    set(step, { pending });
  }
  if (Object.values(state.gates).some(({ result }) => isAhead(result.evaluatedAtMs))) {
    set(step, { gates: withoutFuture(state, isAhead, now) });
  }
}

/** A gate that fails goes on failing: only its clock is set. */
function withoutFuture(
  state: State,
  isAhead: (ms: number) => boolean,
  now: number,
): Record<string, GateStanding> {
  const kept: Record<string, GateStanding> = {};
  for (const [name, standing] of Object.entries(state.gates)) {
    const { result, failingSinceMs } = standing;
    if (!isAhead(result.evaluatedAtMs)) kept[name] = standing;
    else if (failingSinceMs !== null) {
      const since = Math.min(failingSinceMs, now);
      kept[name] = { result: { ...result, evaluatedAtMs: now }, failingSinceMs: since };
    }
  }
  return kept;
}
