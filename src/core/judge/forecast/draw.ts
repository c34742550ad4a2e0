import { exp, ln } from '../../../base/math.ts';
import type { Prng } from '../../../base/prng.ts';
import { normalCdf, normalQuantile } from '../../../base/special-functions.ts';
import type { Measurement } from '../../evidence/interval.ts';
import type { Metric } from '../settings.ts';

/** What is taken for granted of a metric on stable: a share of the requests, or a median. */
export interface Assumed {
  /** Bad requests of a rate, from 0 to 1; median of a histogram, in its unit. */
  base: number;
}

/** Of the logarithm of a latency: the spread of a service's usual answers. */
const SPREAD = 0.8;
/** Above this mean the normal law is as good as Poisson's for a forecast. */
const LARGE = 50;

function drawCount(random: Prng, mean: number): number {
  if (mean > LARGE) {
    return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  }
  // Knuth: arrivals until the product of uniform numbers falls below e^-mean.
  const limit = exp(-mean);
  let count = -1;
  for (let product = 1; product > limit; product *= random.next()) count += 1;
  return Math.max(0, count);
}

/** One track's measurement of about `requests` requests; `ratio`: so many times worse than assumed. */
export function drawMeasurement(
  random: Prng,
  metric: Metric,
  assumed: Assumed,
  requests: number,
  ratio: number,
): { total: number; measurement: Measurement } {
  const total = drawCount(random, requests);
  if (metric.kind === 'histogram') {
    const counts = histogram(random, metric, assumed.base * ratio, total);
    return { total, measurement: { kind: 'histogram', counts } };
  }
  const bad = Math.min(total, drawCount(random, total * Math.min(1, assumed.base * ratio)));
  const events = metric.worse === 'lower' ? total - bad : bad;
  return { total, measurement: { kind: 'rate', events, total } };
}

/** Lognormal: how many fall between the edges, one binomial draw an edge of what is left. */
function histogram(random: Prng, { edges }: Metric, median: number, total: number): number[] {
  const counts: number[] = [];
  let left = total;
  let below = 0;
  for (const edge of edges) {
    const share = edge > 0 ? normalCdf((ln(edge) - ln(median)) / SPREAD) : 0;
    const within = below >= 1 ? 0 : Math.max(0, (share - below) / (1 - below));
    const count = drawBinomial(random, left, within);
    counts.push(count);
    left -= count;
    below = Math.max(below, share);
  }
  return [...counts, left];
}

function drawBinomial(random: Prng, n: number, p: number): number {
  if (p > 0.5) return n - drawBinomial(random, n, 1 - p);
  // Rare: Poisson's law is off by less than a twentieth of the spread.
  if (p < RARE) return Math.min(n, drawCount(random, n * p));
  if (n <= FEW) {
    let hits = 0;
    for (let i = 0; i < n; i += 1) if (random.next() < p) hits += 1;
    return hits;
  }
  const drawn = Math.round(n * p + Math.sqrt(n * p * (1 - p)) * normal(random));
  return Math.min(n, Math.max(0, drawn));
}

const RARE = 0.05;
const FEW = 200;

function normal(random: Prng): number {
  return normalQuantile(Math.max(random.next(), 1e-12));
}
