import type { Interval } from '../../core/evidence/interval.ts';
import { judgeKayenta, observeKayenta, startKayenta } from '../../core/judge/kayenta/method.ts';
import type { KayentaSettings } from '../../core/judge/kayenta/settings.ts';
import type { KayentaVerdict } from '../../core/judge/kayenta/verdict.ts';
import type { Metric } from '../../core/judge/settings.ts';

/** What Kayenta's rule makes of intervals, from the first to the last. */
export function byKayenta(
  settings: KayentaSettings,
  metrics: readonly Metric[],
  intervals: readonly Interval[],
): KayentaVerdict {
  let state = startKayenta(settings, metrics);
  for (const interval of intervals) state = observeKayenta(settings, metrics, state, interval);
  return judgeKayenta(settings, metrics, state);
}
