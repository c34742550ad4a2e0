import { CORRELATION, FLUCTUATION } from './fluctuation.ts';

/** A promise, and the pair of versions on which it is tried. Rates are shares of the requests. */
export interface Promised {
  service: string;
  text: string;
  stable: number;
  candidate: number;
  weight: number;
  intervalS: number;
  metrics: Readonly<Record<string, unknown>>;
  judge: Readonly<Record<string, unknown>>;
  /** What is done to its tracks while both have a share. */
  meddling: 'requests-past-the-door' | 'fluctuation' | null;
  /** null: it is to be still under way when the time is over. */
  ends: 'rolled-back' | 'promoted' | null;
  withinS: number;
  /** What the judge's reason is to say then; null: anything. */
  says: RegExp | null;
  advance: 'when-shown' | 'at-end';
}

const ERRORS = { errors: { kind: 'rate' } };
/** So many intervals of stable come before the first comparison where a plan says nothing else. */
const DISPERSION_INTERVALS_MIN = 1_440;
const COMPARED_S = 120;

const ORDINARY = {
  weight: 50,
  intervalS: 10,
  metrics: ERRORS,
  judge: { dispersion: 'assumed 1' },
  meddling: null,
  says: null,
  advance: 'when-shown',
} as const satisfies Partial<Promised>;

/** All that can be tried in so many minutes. */
export function promisesOf(minutes: number): readonly Promised[] {
  const watchedS = minutes * 60;
  const all = [...seen(watchedS), ...leftAlone(minutes), splitThatIsWrong()];
  return watchedS < DISPERSION_INTERVALS_MIN + COMPARED_S ? all : [...all, guarded(watchedS)];
}

function seen(watchedS: number): Promised[] {
  return [
    {
      ...ORDINARY,
      service: 'dead',
      text: '100 % errors at 10 %, 50 candidate requests an interval: back within 2 intervals',
      stable: 0,
      candidate: 1,
      weight: 10,
      ends: 'rolled-back',
      // One more, since a share begins in the middle of an interval.
      withinS: 3 * ORDINARY.intervalS,
    },
    {
      ...ORDINARY,
      service: 'worse',
      text: '1 % against 3 % errors, 50/50: back within 5 minutes',
      stable: 0.01,
      candidate: 0.03,
      ends: 'rolled-back',
      withinS: 300,
    },
    {
      // Simulated, chance alone hides it for longer in three of two hundred runs.
      ...ORDINARY,
      service: 'worse-by-seconds',
      text: '1 % against 3 % errors, 50/50, intervals of 1 s: back within 120 s',
      stable: 0.01,
      candidate: 0.03,
      intervalS: 1,
      ends: 'rolled-back',
      withinS: COMPARED_S,
    },
    {
      ...ORDINARY,
      service: 'clean',
      text: 'no errors at all: promoted',
      stable: 0,
      candidate: 0,
      ends: 'promoted',
      withinS: watchedS,
    },
  ];
}

function leftAlone(minutes: number): Promised[] {
  return [
    {
      // At 1 % it is never shown before the end of its phase, and must not be promoted by chance.
      ...ORDINARY,
      service: 'equal',
      text: `1 % against 1 % errors for ${minutes} minutes: not rolled back`,
      stable: 0.01,
      candidate: 0.01,
      ends: null,
      withinS: minutes * 60,
      advance: 'at-end',
    },
    {
      // Simulated, seven of ten such pairs are rolled back under `assumed 1`, none of 200 under 10.
      ...ORDINARY,
      ...FLUCTUATING,
      service: 'fluctuating',
      text: `${FLUCTUATING_TEXT}, intervals of 1 s, dispersion assumed 20: not rolled back in 120 s`,
      judge: { dispersion: 'assumed 20' },
      withinS: COMPARED_S,
    },
  ];
}

const FLUCTUATING = {
  stable: FLUCTUATION.mean,
  candidate: FLUCTUATION.mean,
  intervalS: 1,
  meddling: 'fluctuation',
  ends: null,
  advance: 'at-end',
} as const satisfies Partial<Promised>;

const FLUCTUATING_TEXT =
  `${100 * FLUCTUATION.mean} % errors on both, each instance fluctuating by itself ` +
  `(CV ${FLUCTUATION.cv}, AR(1) ${CORRELATION})`;

/** The same pair under the shipped settings: stable's past is learnt first, then it is compared. */
function guarded(watchedS: number): Promised {
  return {
    ...ORDINARY,
    ...FLUCTUATING,
    service: 'guarded',
    text: `${FLUCTUATING_TEXT}, dispersion measured for ${DISPERSION_INTERVALS_MIN} s: not rolled back`,
    judge: {},
    withinS: watchedS,
    says: /^neither is shown|^the candidate is shown not worse/,
  };
}

/**
 * Had nobody asked the candidate past the door, it would be promoted within the minute. What the
 * splitter counts is right all the while: only the tracks' own counts show it.
 */
function splitThatIsWrong(): Promised {
  const edges = [100, 1_000];
  const buckets = 'sample_request_duration_ms';
  return {
    ...ORDINARY,
    service: 'astray',
    text: 'no errors, 50/50, half of the requests again at the candidate: not promoted, and why is said',
    stable: 0,
    candidate: 0,
    intervalS: 1,
    metrics: {
      errors: { kind: 'rate', marginAbsolute: 0.01 },
      latency: { kind: 'histogram', edges, from: { source: 'scrape', buckets }, advisory: true },
    },
    judge: { dispersion: 'assumed 1', split: 'latency' },
    meddling: 'requests-past-the-door',
    ends: null,
    withinS: COMPARED_S,
    says: /^the candidate got \d+(?:\.\d+)? % of \d+ requests counted at the tracks, ordered were 50 %/,
  };
}
