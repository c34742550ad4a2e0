import { unreachable } from '../../base/assert.ts';
import { digestOf } from '../../base/digest.ts';
import { formatDuration } from '../../base/duration.ts';
import {
  ABOVE_LAST_EDGE,
  type Check,
  type CheckOutcome,
  type CheckResult,
  type Comparison,
  type Evidence,
} from './check.ts';
import { standingOf } from './failures.ts';
import { soundEvidence } from './sound-evidence.ts';

/** Evidence dated later than this after `now` is not believed: a clock is wrong somewhere. */
export const FUTURE_MAX_MS = 60_000;

interface Finding {
  outcome: CheckOutcome;
  observed: string;
  reason: string;
}

/**
 * Judges recorded evidence. Pure: the same check, evidence and time give the same result for ever.
 * Missing, stale, future, too thin or unreadable evidence never passes.
 */
export function evaluateCheck(
  check: Check,
  given: Evidence | undefined,
  nowMs: number,
): CheckResult {
  const evidence = given === undefined ? undefined : soundEvidence(given);
  const finding = unfit(check, evidence, nowMs) ?? held(check, evidence as Evidence);
  return {
    check: check.name,
    outcome: finding.outcome,
    observed: finding.observed,
    expected: expectedOf(check),
    samples: evidence?.samples ?? 0,
    evidenceAtMs: evidence?.atMs ?? null,
    evidenceSha256: evidence === undefined ? null : digestOf(evidence),
    reason: finding.reason,
    advisory: check.advisory,
  };
}

/** What a check wants, as a person reads it. */
export function expectedOf(check: Check): string {
  switch (check.kind) {
    case 'threshold': {
      const zone = check.warnLimit === null ? '' : `, warns up to ${check.op} ${check.warnLimit}`;
      return `${check.op} ${check.limit}${zone}`;
    }
    case 'range':
      return `${check.min} to ${check.max}`;
    case 'ratio':
      return `${check.op} ${check.limit} of at least ${check.denominatorMin}`;
    case 'sustained':
      return `not ${check.op} ${check.limit} for ${formatDuration(check.forMs)}`;
    case 'failures': {
      const of = check.countMin === null ? '' : ` of ${check.countMin}`;
      return `at most ${check.failuresMax}${of} ${check.op} ${check.limit}`;
    }
    case 'count':
      return `${check.op} ${check.limit} items`;
    case 'presence':
      return `present, not older than ${formatDuration(check.maxAgeMs)}`;
    default:
      return unreachable(check);
  }
}

export function compare(value: number, op: Comparison, limit: number): boolean {
  switch (op) {
    case '<':
      return value < limit;
    case '<=':
      return value <= limit;
    case '>':
      return value > limit;
    case '>=':
      return value >= limit;
    case '==':
      return value === limit;
    default:
      return unreachable(op);
  }
}

/** Why the evidence can't be judged at all; null: it can. */
function unfit(check: Check, evidence: Evidence | undefined, nowMs: number): Finding | null {
  if (evidence === undefined) return untold('there is no evidence');
  if (evidence.kind === 'error') {
    return { outcome: 'error', observed: '-', reason: `could not be measured: ${evidence.reason}` };
  }
  if (evidence.kind === 'none') return untold(`no evidence: ${evidence.reason}`);
  const ageMs = nowMs - evidence.atMs;
  if (ageMs < -FUTURE_MAX_MS) {
    return untold(`the evidence is dated ${formatDuration(-ageMs)} in the future`);
  }
  if (ageMs > check.maxAgeMs) {
    return untold(
      `the evidence is ${formatDuration(ageMs)} old, at most ${formatDuration(check.maxAgeMs)}`,
    );
  }
  const samplesMin = Math.max(1, check.samplesMin);
  if (!(evidence.samples >= samplesMin)) {
    return untold(`${evidence.samples} samples, at least ${samplesMin} are needed`);
  }
  return null;
}

/** The predicate itself, on evidence of the right kind. */
function held(check: Check, evidence: Evidence): Finding {
  switch (check.kind) {
    case 'threshold':
      if (evidence.kind !== 'number') break;
      return number(evidence.value, (value) => threshold(check, value));
    case 'range':
      if (evidence.kind !== 'number') break;
      return number(evidence.value, (value) =>
        value >= check.min && value <= check.max ? 'pass' : 'fail',
      );
    case 'ratio':
      if (evidence.kind !== 'ratio') break;
      return ratio(check, evidence.numerator, evidence.denominator);
    case 'sustained':
      if (evidence.kind !== 'series') break;
      return sustained(check, evidence.points);
    case 'failures':
      if (evidence.kind !== 'series') break;
      return failures(check, evidence.points);
    case 'count':
      if (evidence.kind === 'items') return count(check, evidence.items.length, evidence.items);
      if (evidence.kind === 'number') return count(check, evidence.value, []);
      break;
    case 'presence':
      return { outcome: 'pass', observed: 'present', reason: 'it is there and fresh' };
    default:
      return unreachable(check);
  }
  return unreadable(`a ${check.kind} check cannot read evidence of kind ${evidence.kind}`);
}

function threshold(check: Extract<Check, { kind: 'threshold' }>, value: number): CheckOutcome {
  if (compare(value, check.op, check.limit)) return 'pass';
  return check.warnLimit !== null && compare(value, check.op, check.warnLimit) ? 'warn' : 'fail';
}

function ratio(
  check: Extract<Check, { kind: 'ratio' }>,
  numerator: number,
  denominator: number,
): Finding {
  if (!(denominator >= Math.max(1, check.denominatorMin))) {
    return untold(`of ${denominator}, at least ${check.denominatorMin} are needed`);
  }
  if (numerator < 0 || numerator > denominator) {
    return unreadable(`${numerator} of ${denominator} is no share`);
  }
  const found = number(numerator / denominator, (value) =>
    compare(value, check.op, check.limit) ? 'pass' : 'fail',
  );
  return { ...found, observed: `${found.observed} (${numerator} of ${denominator})` };
}

/**
 * Fails when an unbroken run of breaching points spans `forMs`. Breaching from its first point to
 * its last, a shorter course cannot tell when the breach began.
 */
function sustained(
  check: Extract<Check, { kind: 'sustained' }>,
  points: readonly (readonly [number, number])[],
): Finding {
  if (points.length === 0) return untold('no points');
  let sinceMs: number | null = null;
  let longestMs = 0;
  let healthy = 0;
  let beforeMs = Number.NEGATIVE_INFINITY;
  for (const [atMs, value] of points) {
    // Out of order a breach would measure as shorter than it was.
    if (atMs < beforeMs) return unreadable('its points are not in the order of time');
    beforeMs = atMs;
    if (!compare(value, check.op, check.limit)) {
      sinceMs = null;
      healthy += 1;
    } else {
      sinceMs ??= atMs;
      longestMs = Math.max(longestMs, atMs - sinceMs);
    }
  }
  const observed = `longest breach ${formatDuration(longestMs)}`;
  if (longestMs < check.forMs && healthy === 0) {
    const reason = `every point breaches, and they span ${formatDuration(longestMs)} only`;
    return { outcome: 'inconclusive', observed, reason };
  }
  const outcome = longestMs >= check.forMs ? 'fail' : 'pass';
  return { outcome, observed, reason: `${observed} over ${points.length} points` };
}

/** Counts breaches wherever they lie: what passes between them forgives none. */
function failures(
  check: Extract<Check, { kind: 'failures' }>,
  points: readonly (readonly [number, number])[],
): Finding {
  const failed = points.filter(([, value]) => compare(value, check.op, check.limit)).length;
  const observed = `${failed} of ${points.length} fail`;
  switch (standingOf(check, failed, points.length)) {
    case 'failed':
      return { outcome: 'fail', observed, reason: `${observed}, at most ${check.failuresMax} may` };
    case 'open':
      if (check.countMin !== null) return untold(`${observed}, ${check.countMin} are needed`);
      return { outcome: 'pass', observed, reason: `${observed} so far` };
    default:
      return { outcome: 'pass', observed, reason: observed };
  }
}

function count(
  check: Extract<Check, { kind: 'count' }>,
  value: number,
  items: readonly string[],
): Finding {
  if (value < 0) return unreadable(`${value} is no count`);
  const found = number(value, (n) => (compare(n, check.op, check.limit) ? 'pass' : 'fail'));
  const shown = items.slice(0, 3).join('; ');
  return shown === '' ? found : { ...found, reason: `${found.reason}: ${shown}` };
}

function number(value: number, judge: (value: number) => CheckOutcome): Finding {
  if (!Number.isFinite(value)) return untold('the ratio is not a finite number');
  const outcome = judge(value);
  const observed = valueText(value, (rounded) => judge(rounded) === outcome);
  return { outcome, observed, reason: `observed ${observed}` };
}

/** Without the noise of binary fractions, unless the rounded text would tell another result. */
function valueText(value: number, isSame: (rounded: number) => boolean): string {
  if (value === ABOVE_LAST_EDGE) return 'above the last edge';
  const rounded = Number(value.toPrecision(12));
  return String(isSame(rounded) ? rounded : value);
}

function untold(reason: string): Finding {
  return { outcome: 'inconclusive', observed: '-', reason };
}

/** Evidence that contradicts itself: its source is broken, whatever the value would be. */
function unreadable(reason: string): Finding {
  return { outcome: 'error', observed: '-', reason };
}
