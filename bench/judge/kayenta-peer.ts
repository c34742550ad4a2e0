import { classify, KAYENTA_RULE, type KayentaRule } from '../../src/core/judge/kayenta/classify.ts';
import { bucketQuantile } from './bucket-quantile.ts';
import type { PeerRun } from './peers.ts';
import type { Scenario } from './scenario.ts';
import type { TrackMinute } from './traffic.ts';

const WINDOW = 60;
const EVERY = 60;

/** The interval exactly: what is computed with an absolute tolerance depends on the unit. */
const RULE: KayentaRule = { ...KAYENTA_RULE, direction: 'increase', interval: 'exact' };

/** One value a minute: errors in percent; p50, p95 and p99 in ms. NaN where nothing was counted. */
const VALUES: Readonly<Record<Scenario['metric'], ((one: TrackMinute) => number)[]>> = {
  errors: [({ events, total }) => (100 * events) / total],
  latency: [0.5, 0.95, 0.99].map((part) => ({ counts, total }: TrackMinute) => {
    return total === 0 ? Number.NaN : bucketQuantile(counts, part);
  }),
};

/** Judges every hour over the last; the level is the ratio of the means where a metric is High. */
export function kayentaPeer({ metric }: Scenario): PeerRun {
  const series = VALUES[metric].map((read) => ({
    read,
    stable: [] as number[],
    candidate: [] as number[],
  }));
  let highest = 0;
  return {
    name: 'kayenta',
    observe(minute, stable, candidate) {
      let level = 0;
      for (const one of series) {
        push(one.stable, one.read(stable));
        push(one.candidate, one.read(candidate));
        if ((minute + 1) % EVERY === 0) {
          level = Math.max(level, levelOf(one.stable, one.candidate, highest));
        }
      }
      highest = Math.max(highest, level);
      return level;
    },
  };
}

function push(values: number[], value: number): void {
  values.push(value);
  if (values.length > WINDOW) values.shift();
}

/** 0: not High. A ratio below 1, or one no higher than before, need not be looked at more closely. */
function levelOf(stable: readonly number[], candidate: readonly number[], highest: number): number {
  const ratio = meanOf(candidate) / meanOf(stable);
  if (ratio < Math.max(RULE.allowedIncrease, highest)) return 0;
  const { label, effect } = classify(RULE, stable, candidate);
  // Without a size no threshold holds the change back.
  return label === 'High' ? (effect ?? Infinity) : 0;
}

function meanOf(values: readonly number[]): number {
  let sum = 0;
  let count = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    sum += value;
    count += 1;
  }
  return sum / count;
}
