import { formatDuration } from '../../base/duration.ts';
import { formatInstant } from '../../base/instant.ts';
import type { Problem } from '../../base/problem.ts';
import type { VerifiedTimestamp } from './authority.ts';

/** What one authority's part in a timestamp is. */
export type Stamp = StampedBy | MissingStamp;

export interface StampedBy {
  kind: 'verified';
  authority: string;
  operator: string;
  /** Fetched in a later round than the first one: it proves a later time, and says so. */
  isLate: boolean;
  said: VerifiedTimestamp;
}

export interface MissingStamp {
  kind: 'missing';
  authority: string;
  operator: string;
  /** `unavailable` or `not-found`: asking again may help. Anything else: what it gave does not hold. */
  problem: Problem;
}

export interface StampsResult {
  result: 'pass' | 'fail' | 'inconclusive';
  /**
   * For a pass, the instant by which every operator says the thing was there: the latest token's time
   * with its doubt. An earlier one is the word of one operator alone. Else null.
   */
  provenMs: number | null;
  /** Each in a line; empty for a pass. */
  reasons: readonly string[];
}

/** How far apart tokens of one round may be, beyond what each says of its own accuracy. */
const TIMES_APART_MS_MAX = 10_000;
const OPERATORS_MIN = 2;

/**
 * Whether a thing is timestamped: every authority's token is verified, they are of at least two operators
 * and of as many keys, and those of the first round are close to each other. A late token is never
 * before them. `inconclusive` while only something is missing.
 */
export function stampsResult(stamps: readonly Stamp[]): StampsResult {
  const verified = stamps.filter((stamp) => stamp.kind === 'verified');
  const missing = stamps.filter((stamp) => stamp.kind === 'missing');
  const wrong = missing.filter(({ problem }) => !isPassing(problem));
  const faults = [
    ...wrong.map(({ authority, problem }) => `${authority}: ${problem.message}`),
    ...sharedKeys(verified),
    ...timeFaults(verified),
  ];
  const open = missing
    .filter(({ problem }) => isPassing(problem))
    .map(({ authority, problem }) => `${authority}: ${problem.message}`);
  const operators = new Set(stamps.map(({ operator }) => operatorKey(operator))).size;
  if (operators < OPERATORS_MIN) {
    faults.push(`authorities of ${OPERATORS_MIN} operators are needed, there are ${operators}`);
  }
  if (faults.length > 0) return { result: 'fail', provenMs: null, reasons: [...faults, ...open] };
  if (open.length > 0) return { result: 'inconclusive', provenMs: null, reasons: open };
  const provenMs = Math.max(...verified.map(({ said }) => latestMs(said)));
  return { result: 'pass', provenMs, reasons: [] };
}

/**
 * Whether a token was got after the first round, which began at `firstAskedMs` (null: nobody knows, and
 * nothing is late).
 */
export function isLate(said: VerifiedTimestamp, firstAskedMs: number | null): boolean {
  if (firstAskedMs === null) return false;
  return said.genTimeMs - (said.accuracyMs ?? 0) > firstAskedMs + TIMES_APART_MS_MAX;
}

function latestMs({ genTimeMs, granularityMs, accuracyMs }: VerifiedTimestamp): number {
  return genTimeMs + granularityMs + (accuracyMs ?? 0);
}

/** Two writings of one operator's name do not make two operators. */
export function operatorKey(operator: string): string {
  return operator.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
}

function isPassing({ code }: Problem): boolean {
  return code === 'unavailable' || code === 'not-found';
}

function sharedKeys(verified: readonly StampedBy[]): string[] {
  const seen = new Map<string, string>();
  return verified.flatMap(({ authority, said }) => {
    const other = seen.get(said.signer.keySha256);
    seen.set(said.signer.keySha256, authority);
    return other === undefined ? [] : [`${other} and ${authority} sign with one key`];
  });
}

function timeFaults(verified: readonly StampedBy[]): string[] {
  const rising = verified.toSorted((a, b) => a.said.genTimeMs - b.said.genTimeMs);
  return rising.flatMap((later, index) =>
    rising.slice(0, index).flatMap((earlier) => {
      const gap = gapMs(earlier.said, later.said);
      if (gap === 0 || later.isLate) return [];
      // The earlier one is late: it stamped after the first round and yet before it.
      const wrong = earlier.isLate ? 'is late and yet earlier than' : 'is too far from';
      const times = [earlier, later].map((one) => formatInstant(one.said.genTimeMs));
      const [from, to] = times;
      const apart = formatDuration(later.said.genTimeMs - earlier.said.genTimeMs);
      return [`${earlier.authority} (${from}) ${wrong} ${later.authority} (${to}): ${apart} apart`];
    }),
  );
}

/** What of the difference neither accuracy nor the allowance explains. */
function gapMs(earlier: VerifiedTimestamp, later: VerifiedTimestamp): number {
  const from = latestMs(earlier);
  return Math.max(0, later.genTimeMs - (later.accuracyMs ?? 0) - from - TIMES_APART_MS_MAX);
}
