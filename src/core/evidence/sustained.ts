import { formatDuration } from '../../base/duration.ts';
import { compare } from '../gate/evaluate-check.ts';
import type { Metric } from '../judge/settings.ts';
import type { Trigger } from '../plan/plan.ts';
import type { Interval } from './interval.ts';
import { isImpossible, statisticOf } from './statistic.ts';

/** How long a trigger has been in breach. An interval that could not tell leaves it as it is. */
export interface TriggerState {
  /** Start of the first interval of the breach that goes on; null: none does. */
  sinceMs: number | null;
  /** End of the last interval that breached. */
  untilMs: number;
  /** The breaching intervals added up: a clock that was set back does not shorten a breach. */
  breachedMs: number;
  /** The last value seen in breach, as text. */
  worst: string;
}

export function startTrigger(): TriggerState {
  return { sinceMs: null, untilMs: 0, breachedMs: 0, worst: '' };
}

/**
 * One interval. A breach begins or goes on; a healthy interval ends it; an interval without a
 * measurement neither shows health nor counts as a breach. A candidate that should run and is down
 * or gone is a breach of `down`, never missing evidence.
 */
export function observeTrigger(
  trigger: Trigger,
  metric: Metric | null,
  state: TriggerState,
  interval: Interval,
  options: { candidateExpected: boolean },
): TriggerState {
  const breach = breachOf(trigger, metric, interval, options.candidateExpected);
  if (breach === null) return state;
  if (breach === false) return state.sinceMs === null ? state : startTrigger();
  const sinceMs = state.sinceMs ?? interval.startMs;
  const breachedMs = state.breachedMs + interval.endMs - interval.startMs;
  return { sinceMs, untilMs: interval.endMs, breachedMs, worst: breach };
}

/** Fired once the breach, first start to last end, spans the trigger's time. */
export function firedTrigger(
  trigger: Trigger,
  state: TriggerState,
): { fired: boolean; text: string } {
  if (trigger.kind === 'incident' || state.sinceMs === null) return { fired: false, text: '' };
  const lastedMs = Math.max(state.untilMs - state.sinceMs, state.breachedMs);
  const text = `${state.worst} for ${formatDuration(lastedMs)}`;
  return { fired: lastedMs >= trigger.forMs, text };
}

/** The breach as text, false for health, null where the interval cannot tell. */
function breachOf(
  trigger: Trigger,
  metric: Metric | null,
  interval: Interval,
  candidateExpected: boolean,
): string | false | null {
  if (trigger.kind === 'incident') return null;
  if (trigger.kind === 'down') {
    if (interval.candidate === null) return candidateExpected ? 'the candidate is gone' : null;
    return interval.candidate.up ? false : 'the candidate is down';
  }
  if (metric === null) return null;
  const observed = statisticOf(metric, [interval], trigger.track, trigger.statistic);
  if (observed === null) return null;
  const { value } = observed;
  if (!compare(value, trigger.op, trigger.limit)) {
    return isImpossible(trigger.statistic, value) ? null : false;
  }
  const shown = Number.isFinite(value) ? String(value) : 'above the last edge';
  return `${trigger.statistic}(${metric.name}) ${shown}, limit ${trigger.op} ${trigger.limit}`;
}
