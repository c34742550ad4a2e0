import type { Interval } from '../../src/core/evidence/interval.ts';
import { type JudgeState, observe, startJudge } from '../../src/core/judge/judge.ts';
import { HISTORY_MINUTES, HORIZON_MINUTES, metricOf, settingsOf, trackOf } from './judge-run.ts';
import { type Scenario, scenario } from './scenario.ts';
import { traffic } from './traffic.ts';

/** Of one update of the shipped judge: median time of batches; and its saved state. */
export interface MetricCost {
  us: number;
  p90Us: number;
  /** Largest over a release, as JSON: of the metric, and with what the judge holds besides. */
  bytes: number;
  wholeBytes: number;
}

export interface Cost {
  rate: MetricCost;
  histogram: MetricCost;
}

const BATCH = 60;
const ROUNDS = 5;

/** On this thread alone, while nothing else of the benchmark runs. */
export function costOf(isSmoke: boolean): Cost {
  const minutes = isSmoke ? 240 : HORIZON_MINUTES;
  return { rate: metricCost('errors', minutes), histogram: metricCost('latency', minutes) };
}

function metricCost(kind: Scenario['metric'], minutes: number): MetricCost {
  const settings = settingsOf('shipped');
  const metrics = [metricOf('shipped', kind)];
  const { history, judged } = intervals(kind, minutes);
  let start = startJudge(settings, metrics);
  for (const one of history) start = observe(settings, metrics, start, one, null);
  const times: number[] = [];
  let state = start;
  // The first round is compiled while it runs.
  for (let round = 0; round <= ROUNDS; round += 1) {
    state = start;
    for (let from = 0; from + BATCH <= judged.length; from += BATCH) {
      const started = process.hrtime.bigint();
      for (let i = from; i < from + BATCH; i += 1) {
        const one = judged[i];
        if (one !== undefined) state = observe(settings, metrics, state, one, 50);
      }
      const us = Number(process.hrtime.bigint() - started) / 1_000 / BATCH;
      if (round > 0) times.push(us);
    }
  }
  times.sort((a, b) => a - b);
  return {
    us: times[Math.floor(times.length / 2)] ?? Number.NaN,
    p90Us: times[Math.floor(times.length * 0.9)] ?? Number.NaN,
    ...sizes(kind, start, judged),
  };
}

function sizes(
  kind: Scenario['metric'],
  start: JudgeState,
  judged: readonly Interval[],
): { bytes: number; wholeBytes: number } {
  const settings = settingsOf('shipped');
  const metrics = [metricOf('shipped', kind)];
  let state = start;
  let bytes = 0;
  let wholeBytes = 0;
  for (const one of judged) {
    state = observe(settings, metrics, state, one, 50);
    bytes = Math.max(bytes, JSON.stringify(state.metrics[kind]).length);
    wholeBytes = Math.max(wholeBytes, JSON.stringify(state).length);
  }
  return { bytes, wholeBytes };
}

function intervals(
  kind: Scenario['metric'],
  minutes: number,
): { history: Interval[]; judged: Interval[] } {
  const requests = traffic(scenario({ metric: kind }), 1, null);
  const rowOf = (seq: number): Omit<Interval, 'stable' | 'candidate'> => ({
    seq,
    startMs: seq * 60_000,
    endMs: (seq + 1) * 60_000,
    candidatePct: 50,
  });
  const history = Array.from({ length: HISTORY_MINUTES }, (_, seq) => {
    const stable = trackOf(requests.before(seq - HISTORY_MINUTES));
    return { ...rowOf(seq), stable, candidate: null };
  });
  const judged = Array.from({ length: minutes }, (_, minute) => {
    const { stable, candidate } = requests.during(minute);
    return {
      ...rowOf(HISTORY_MINUTES + minute),
      stable: trackOf(stable),
      candidate: trackOf(candidate),
    };
  });
  return { history, judged };
}
