import type { Prng } from '../../src/base/prng.ts';
import type { Interval, Measurement, TrackInterval } from '../../src/core/evidence/interval.ts';
import type { Metric } from '../../src/core/judge/settings.ts';

/** How the candidate behaves from a minute on; stable is always the same. */
export interface Story {
  name: string;
  /** Requests per interval over both tracks. */
  requests: number;
  /** Candidate's share of bad requests before and after it turns. */
  badBefore: number;
  badAfter: number;
  turnsAtSeq: number;
  /** The candidate is down from..to. */
  downFromSeq: number;
  downToSeq: number;
  /** Both tracks go down, which is the worst moment to be rolled back. */
  stableDownFromSeq: number;
  stableDownToSeq: number;
}

const STABLE_BAD = 0.01;

export const STORIES: readonly [Story, ...Story[]] = [
  story('healthy', {}),
  story('bad from the start', { badBefore: 0.2, badAfter: 0.2 }),
  story('turns bad', { badAfter: 0.5, turnsAtSeq: 30 }),
  story('turns bad late', { badAfter: 0.3, turnsAtSeq: 60 }),
  story('goes down', { downFromSeq: 25, downToSeq: 1_000_000 }),
  story('hiccups', { downFromSeq: 10, downToSeq: 12 }),
  story('almost no traffic', { requests: 3 }),
  story('stable goes down too', {
    badAfter: 0.5,
    turnsAtSeq: 35,
    stableDownFromSeq: 33,
    stableDownToSeq: 50,
  }),
];

function story(name: string, parts: Partial<Story>): Story {
  return {
    name,
    requests: 40_000,
    badBefore: STABLE_BAD,
    badAfter: parts.badBefore ?? STABLE_BAD,
    turnsAtSeq: 1_000_000,
    downFromSeq: 1_000_000,
    downToSeq: 1_000_000,
    stableDownFromSeq: 1_000_000,
    stableDownToSeq: 1_000_000,
    ...parts,
  };
}

export interface TrafficNow {
  candidatePct: number;
  candidateRuns: boolean;
  /** Load of its own where the plan sends no share. */
  loadRequests: number;
  /** What was ordered for a fresh baseline; absent: none. */
  baselinePct?: number;
  baselineRuns?: boolean;
}

/** The interval that the splitter would close. Seeded: the same story and chance, the same rows. */
export function intervalOf(
  told: Story,
  metrics: readonly Metric[],
  seq: number,
  times: { startMs: number; endMs: number },
  traffic: TrafficNow,
  chance: Prng,
): Interval {
  const { candidatePct, candidateRuns } = traffic;
  const share = Math.round((told.requests * candidatePct) / 100);
  const candidateRequests = candidatePct === 0 ? traffic.loadRequests : share;
  const isCandidateDown = seq >= told.downFromSeq && seq < told.downToSeq;
  const isStableDown = seq >= told.stableDownFromSeq && seq < told.stableDownToSeq;
  const { baselinePct = 0, baselineRuns = false } = traffic;
  const part = baselineRuns ? Math.round((told.requests * baselinePct) / 100) : 0;
  const stable = (requests: number): TrackInterval =>
    track(!isStableDown, requests, STABLE_BAD, metrics, chance);
  const bad = seq >= told.turnsAtSeq ? told.badAfter : told.badBefore;
  return {
    seq,
    ...times,
    candidatePct,
    stable: stable(told.requests - share - part),
    ...(baselinePct === 0 ? {} : { baseline: baselineRuns ? stable(part) : null }),
    candidate: candidateRuns
      ? track(!isCandidateDown, candidateRequests, bad, metrics, chance)
      : null,
  };
}

function track(
  up: boolean,
  requests: number,
  bad: number,
  metrics: readonly Metric[],
  chance: Prng,
): TrackInterval {
  const measured: Record<string, Measurement> = {};
  const counted = up ? requests : 0;
  for (const metric of metrics) measured[metric.name] = measure(metric, counted, bad, chance);
  return { up, requests: counted, metrics: measured };
}

function measure(metric: Metric, total: number, bad: number, chance: Prng): Measurement {
  if (metric.kind === 'rate') {
    return { kind: 'rate', events: count(total, bad, chance), total };
  }
  if (metric.kind === 'histogram')
    return { kind: 'histogram', counts: spread(metric, total, bad, chance) };
  return { kind: 'value', value: 10 + bad * 10 + chance.next() };
}

/** Of `total` with probability `share`: a binomial's mean and variance, roughly its shape. */
function count(total: number, share: number, chance: Prng): number {
  const mean = total * share;
  const scale = 2 * Math.sqrt(mean * (1 - share));
  const noise = (chance.next() + chance.next() + chance.next() - 1.5) * scale;
  return Math.min(total, Math.max(0, Math.round(mean + noise)));
}

function spread(metric: Metric, total: number, bad: number, chance: Prng): number[] {
  const counts = [...metric.edges, 0].map(() => 0);
  let rest = total;
  for (let bucket = 0; bucket < counts.length - 1; bucket += 1) {
    const taken = count(rest, 0.45 * (1 - bad), chance);
    counts[bucket] = taken;
    rest -= taken;
  }
  counts[counts.length - 1] = rest;
  return counts;
}
