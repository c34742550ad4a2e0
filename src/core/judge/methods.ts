import { assert } from '../../base/assert.ts';
import type { Interval } from '../evidence/interval.ts';
import { type JudgeState, judge, observe, startJudge } from './judge.ts';
import { judgeKayenta, type KayentaState, observeKayenta, startKayenta } from './kayenta/method.ts';
import type { KayentaVerdict } from './kayenta/verdict.ts';
import { isKayenta, type MethodSettings } from './method-settings.ts';
import type { Metric } from './settings.ts';
import type { Verdict } from './verdict.ts';

/**
 * The judge's own method, which needs no name, or Kayenta's, which says so. What tells them apart
 * in settings, states and verdicts alike is `method`.
 */
export type MethodState = JudgeState | KayentaState;
export type MethodVerdict = Verdict | KayentaVerdict;

/** `state` null: before the first interval. Otherwise as each method's own `observe`. */
export function observeBy(
  settings: MethodSettings,
  metrics: readonly Metric[],
  state: MethodState | null,
  interval: Interval,
  intendedCandidatePct: number | null,
): MethodState {
  if (isKayenta(settings)) {
    const before = state ?? startKayenta(settings, metrics);
    assert('method' in before, 'the state is of the other method');
    return observeKayenta(settings, metrics, before, interval);
  }
  const before = state ?? startJudge(settings, metrics);
  assert(!('method' in before), 'the state is of the other method');
  return observe(settings, metrics, before, interval, intendedCandidatePct);
}

/** The verdict now, with every number that shaped it. */
export function judgeBy(
  settings: MethodSettings,
  metrics: readonly Metric[],
  state: MethodState,
): MethodVerdict {
  if (isKayenta(settings)) {
    assert('method' in state, 'the state is of the other method');
    return judgeKayenta(settings, metrics, state);
  }
  assert(!('method' in state), 'the state is of the other method');
  return judge(settings, metrics, state);
}
