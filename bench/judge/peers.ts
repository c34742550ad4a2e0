import { bucketQuantile } from './bucket-quantile.ts';
import { dkwExcess } from './dkw.ts';
import { kayentaPeer } from './kayenta-peer.ts';
import { argoFails, flaggerRollsBack } from './peer-rules.ts';
import { EDGES_MS, LATENCY, type Scenario } from './scenario.ts';
import type { TrackMinute } from './traffic.ts';

export type PeerName = 'kayenta' | 'argo' | 'flagger' | 'threshold' | 'peeking' | 'dkw';

/**
 * A peer by its documented rule, with the one number that its users turn. It is reduced to a level,
 * minute by minute, so that what another number would have done is known from the same run.
 */
export interface Peer {
  text: string;
  knob: string;
  documented: number;
  alarms: (level: number, knob: number) => boolean;
  /** The strictest knob that is silent at this level. */
  silentAt: (level: number) => number;
  /** From the measurement that decides to the rollback. */
  lagMinutes: number;
}

/** Minute after which the level was that high for the first time, and the level; both rising. */
export type Levels = readonly (readonly [minute: number, level: number])[];

/** Of a standard normal: one-sided 1 %. */
const Z_99 = 2.3263478740408408;

const above = (level: number): number => level * (1 + 1e-9);

export const PEERS: Readonly<Record<PeerName, Peer>> = {
  kayenta: {
    text: 'Kayenta, hourly: Mann-Whitney on the last 60 one-minute values, confidence 98 %, tolerance 25 %; latency: p50, p95 and p99, any of them',
    knob: 'allowedIncrease',
    documented: 1,
    alarms: (level, knob) => level >= knob,
    silentAt: above,
    lagMinutes: 0,
  },
  argo: {
    text: 'Argo Rollouts, every minute: above 2x base (latency: p99 above 1.5x its true value) fails',
    knob: 'failureLimit',
    documented: 3,
    alarms: argoFails,
    silentAt: (level) => level,
    lagMinutes: 0,
  },
  flagger: {
    text: 'Flagger, every minute: the same condition; rolls back at the reconcile after',
    knob: 'threshold',
    documented: 10,
    alarms: flaggerRollsBack,
    silentAt: (level) => level + 1,
    lagMinutes: 1,
  },
  threshold: {
    text: 'A fixed threshold: the same condition, minutes in a row',
    knob: 'minutes',
    documented: 5,
    alarms: (level, knob) => level >= knob,
    silentAt: (level) => level + 1,
    lagMinutes: 0,
  },
  peeking: {
    text: 'A one-sided two-proportion z test at 1 %, looked at every minute',
    knob: 'z',
    documented: Z_99,
    alarms: (level, knob) => level >= knob,
    silentAt: above,
    lagMinutes: 0,
  },
  dkw: {
    text: 'Time-uniform DKW bands of both distributions at 1 %, apart at any edge',
    knob: 'width',
    documented: 1,
    alarms: (level, knob) => level > knob,
    silentAt: (level) => level,
    lagMinutes: 0,
  },
};

/** The minute at which a peer with this knob rolls back; null: never. */
export function alarmAt(name: PeerName, levels: Levels, knob: number): number | null {
  const found = levels.find(([, level]) => PEERS[name].alarms(level, knob));
  return found === undefined ? null : found[0];
}

/** The strictest knob that alarms in at most so large a part of these healthy releases. */
export function tunedKnob(name: PeerName, healthy: readonly Levels[], partMax: number): number {
  const highest = healthy.map((levels) => levels.at(-1)?.[1] ?? 0).sort((a, b) => b - a);
  return PEERS[name].silentAt(highest[Math.floor(partMax * healthy.length)] ?? 0);
}

export interface PeerRun {
  name: PeerName;
  observe(minute: number, stable: TrackMinute, candidate: TrackMinute): number;
}

export function peersOf(of: Scenario): PeerRun[] {
  const isAbove = of.metric === 'errors' ? errorsAbove(of) : latencyAbove();
  const own = of.metric === 'errors' ? [peeking()] : [dkw()];
  return [
    kayentaPeer(of),
    counted('argo', isAbove),
    counted('flagger', isAbove),
    inARow(isAbove),
    ...own,
  ];
}

type Condition = (candidate: TrackMinute) => boolean;

/** Written by somebody who knows the base exactly, before the release. */
function errorsAbove({ base }: Scenario): Condition {
  return ({ events, total }) => events > 2 * base * total;
}

function latencyAbove(): Condition {
  const limit = 1.5 * LATENCY.medianMs * Math.exp(Z_99 * LATENCY.sigma);
  return ({ counts }) => bucketQuantile(counts, 0.99) > limit;
}

function counted(name: 'argo' | 'flagger', isAbove: Condition): PeerRun {
  let failed = 0;
  return {
    name,
    observe(_, __, candidate) {
      if (isAbove(candidate)) failed += 1;
      return failed;
    },
  };
}

function inARow(isAbove: Condition): PeerRun {
  let row = 0;
  return {
    name: 'threshold',
    observe(_, __, candidate) {
      row = isAbove(candidate) ? row + 1 : 0;
      return row;
    },
  };
}

function peeking(): PeerRun {
  const sum = { stable: 0, stableTotal: 0, candidate: 0, candidateTotal: 0 };
  return {
    name: 'peeking',
    observe(_, stable, candidate) {
      sum.stable += stable.events;
      sum.stableTotal += stable.total;
      sum.candidate += candidate.events;
      sum.candidateTotal += candidate.total;
      const pooled = (sum.stable + sum.candidate) / (sum.stableTotal + sum.candidateTotal);
      const variance = pooled * (1 - pooled) * (1 / sum.stableTotal + 1 / sum.candidateTotal);
      if (!(variance > 0)) return 0;
      const difference = sum.candidate / sum.candidateTotal - sum.stable / sum.stableTotal;
      return difference / Math.sqrt(variance);
    },
  };
}

function dkw(): PeerRun {
  const stableSums = new Array<number>(EDGES_MS.length + 1).fill(0);
  const candidateSums = stableSums.slice();
  return {
    name: 'dkw',
    observe(_, stable, candidate) {
      stable.counts.forEach((count, index) => {
        stableSums[index] = (stableSums[index] ?? 0) + count;
        candidateSums[index] = (candidateSums[index] ?? 0) + (candidate.counts[index] ?? 0);
      });
      const { sup, radii } = dkwExcess(stableSums, candidateSums, 0.01);
      return sup / radii;
    },
  };
}
