import type { Sample } from '../../core/evidence/counter-series.ts';

/** What of a course is read: a point a step, counted back from its end. */
export interface StepWindow {
  startMs: number;
  endMs: number;
  stepMs: number;
}

/** The newest of each step: raw samples are as many as scrapes, and each step is to count once. */
export function newestBySteps(samples: readonly Sample[], window: StepWindow): readonly Sample[] {
  const { endMs, stepMs } = window;
  const stepOf = ([atMs]: Sample): number => Math.floor((endMs - atMs) / stepMs);
  return samples.filter((sample, i) => {
    const next = samples[i + 1];
    return next === undefined || stepOf(next) !== stepOf(sample);
  });
}

/**
 * Why rising samples are no answer for the window; null: they are. The points go into the ledger with
 * each evaluation, whatever the server sends.
 */
export function samplesFault(
  samples: readonly Sample[],
  points: readonly Sample[],
  { startMs, endMs, stepMs }: StepWindow,
): string | null {
  const [firstMs, lastMs] = [samples[0]?.[0] ?? startMs, samples.at(-1)?.[0] ?? endMs];
  if (firstMs < startMs || lastMs > endMs) return 'it answered of another time than was asked for';
  const most = Math.floor((endMs - startMs) / stepMs) + 1;
  if (points.length <= most) return null;
  return `it answered ${points.length} points, at most ${most} were asked for`;
}
