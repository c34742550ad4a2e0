/** Fixtures of the judge's tests: settings and simulated tracks. */
import { prng } from '../../src/base/prng.ts';
import type { Interval, Measurement } from '../../src/core/evidence/interval.ts';
import { defaultSettings, METRIC_DEFAULTS } from '../../src/core/judge/defaults.ts';
import type { JudgeSettings, Metric } from '../../src/core/judge/settings.ts';

/** Guard off: every event is its own, as the simulated ones are. */
export function plainSettings(horizonIntervals: number, phi = 1): JudgeSettings {
  return { ...defaultSettings(horizonIntervals), dispersion: { kind: 'assumed', phi } };
}

export function metric(name: string, change: Partial<Metric> = {}): Metric {
  return { ...METRIC_DEFAULTS, name, kind: 'rate', unit: '1', edges: [], weight: 1, ...change };
}

export const EDGES: readonly number[] = [0.05, 0.1, 0.25, 0.5, 1, 2.5];

export interface Draw {
  rate(perMinute: number, share: number): Measurement & { kind: 'rate' };
  histogram(perMinute: number, slower: number): Measurement;
  value(mean: number): Measurement;
}

export function draw(seed: number): Draw {
  const random = prng(seed);
  const normal = (): number => {
    let sum = -6;
    for (let i = 0; i < 12; i += 1) sum += random.next();
    return sum;
  };
  /** Knuth's product for small means, the normal law above. */
  const poisson = (mean: number): number => {
    if (mean > 40) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()));
    const limit = Math.exp(-mean);
    let count = -1;
    for (let product = 1; product > limit; product *= random.next()) count += 1;
    return Math.max(0, count);
  };
  return {
    rate: (perMinute, share) => {
      const total = Math.max(1, poisson(perMinute));
      return { kind: 'rate', events: Math.min(total, poisson(total * share)), total };
    },
    histogram: (perMinute, slower) => {
      const counts = new Array<number>(EDGES.length + 1).fill(0);
      for (let i = 0; i < perMinute; i += 1) {
        const seconds = 0.1 * slower * Math.exp(0.8 * normal());
        const found = EDGES.findIndex((edge) => seconds <= edge);
        const bucket = found < 0 ? EDGES.length : found;
        counts[bucket] = (counts[bucket] ?? 0) + 1;
      }
      return { kind: 'histogram', counts };
    },
    value: (mean) => ({ kind: 'value', value: mean * (1 + 0.1 * normal()) }),
  };
}

type Metrics = Readonly<Record<string, Measurement>>;

export function interval(
  seq: number,
  stable: Metrics | null,
  candidate: Metrics | null,
  requests: readonly [number, number] = [600, 600],
): Interval {
  return {
    seq,
    startMs: seq * 60_000,
    endMs: (seq + 1) * 60_000,
    candidatePct: 50,
    stable: stable && { up: true, requests: requests[0], metrics: stable },
    candidate: candidate && { up: true, requests: requests[1], metrics: candidate },
  };
}
