import { normalCdf } from '../../src/base/special-functions.ts';
import { type Draw, draw } from './draw.ts';
import type { LoadSeries } from './load-series.ts';
import {
  COLD_MINUTES,
  dayFactor,
  EDGES_MS,
  type Harm,
  LATENCY,
  NO_HARM,
  type Scenario,
  TAIL_TIMES,
} from './scenario.ts';

/** One track's counts of one minute. */
export interface TrackMinute {
  total: number;
  /** Errors; 0 for latency. */
  events: number;
  /** By bucket; empty for errors. */
  counts: readonly number[];
}

/** The requests of one release, in the order of time; the same seed gives the same release. */
export interface Traffic {
  /** A minute of stable alone, before the candidate. */
  before(minute: number): TrackMinute;
  during(minute: number): { stable: TrackMinute; candidate: TrackMinute };
}

export function traffic(of: Scenario, seed: number, series: LoadSeries | null): Traffic {
  const source = draw(seed);
  const simulated = of.load.kind === 'flat' ? () => 1 : dayFactor;
  const loadAt = series === null ? simulated : windowOf(series, source);
  // A recorded load is thinned, as recorded; a simulated one is drawn.
  const count = series === null ? source.poisson : Math.round;
  const stable = instance(source, of.dispersion);
  const candidate = instance(source, of.dispersion);
  const minuteOf = (total: number, minute: number, own: number, harm: Harm): TrackMinute => {
    if (of.metric === 'latency') {
      const law = bucketLaw(harm.ratio * of.commonAt(minute), harm.tailShare);
      return { total, events: 0, counts: source.multinomial(total, law) };
    }
    const share = Math.min(1, of.base * of.commonAt(minute) * own * harm.ratio);
    return { total, events: source.binomial(total, share), counts: [] };
  };
  return {
    before(minute) {
      const total = count(of.stablePerMin * loadAt(minute));
      return minuteOf(total, minute, stable(), NO_HARM);
    },
    during(minute) {
      const fresh = of.against === 'fresh';
      const stablePerMin = fresh ? of.candidatePerMin : of.stablePerMin;
      const load = loadAt(minute);
      const together = count((stablePerMin + of.candidatePerMin) * load);
      const part = of.candidatePerMin / (stablePerMin + of.candidatePerMin);
      const toCandidate = source.binomial(together, part);
      const cold = 1 + (of.coldRatio - 1) * Math.max(0, 1 - minute / COLD_MINUTES);
      const harm = of.harmAt(minute);
      return {
        stable: minuteOf(together - toCandidate, minute, stable(), {
          ratio: fresh ? cold : 1,
          tailShare: 0,
        }),
        candidate: minuteOf(toCandidate, minute, candidate(), {
          ratio: cold * harm.ratio,
          tailShare: harm.tailShare,
        }),
      };
    },
  };
}

/** Any stretch of a recorded load that has no label, set to a mean of 1. */
function windowOf(series: LoadSeries, source: Draw): (minute: number) => number {
  const start = series.starts[Math.floor(source.uniform() * series.starts.length)] ?? 0;
  return (minute) => series.factors[start + series.historyMinutes + minute] ?? 0;
}

/**
 * What one instance's share of errors is multiplied by, minute by minute: lognormal with mean 1, its
 * logarithm first-order autoregressive, from its stationary law.
 */
function instance(source: Draw, dispersion: Scenario['dispersion']): () => number {
  if (dispersion === null) return () => 1;
  const { cv, ar } = dispersion;
  const variance = Math.log(1 + cv * cv);
  const sigma = Math.sqrt(variance);
  const news = Math.sqrt(1 - ar * ar);
  let z = source.normal();
  return () => {
    z = ar * z + news * source.normal();
    return Math.exp(sigma * z - variance / 2);
  };
}

const laws = new Map<string, readonly number[]>();

/** Chance of each bucket; times `ratio`, and of `tailShare` of the requests TAIL_TIMES as long. */
export function bucketLaw(ratio: number, tailShare: number): readonly number[] {
  const key = `${ratio} ${tailShare}`;
  const known = laws.get(key);
  if (known !== undefined) return known;
  const within = EDGES_MS.map((edge) => {
    const z = Math.log(edge / (LATENCY.medianMs * ratio)) / LATENCY.sigma;
    const slow = z - Math.log(TAIL_TIMES) / LATENCY.sigma;
    return (1 - tailShare) * normalCdf(z) + tailShare * normalCdf(slow);
  });
  const law = [...within, 1].map((share, index) => share - (within[index - 1] ?? 0));
  laws.set(key, law);
  return law;
}
