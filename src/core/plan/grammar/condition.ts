import { parseDuration } from '../../../base/duration.ts';
import type { Comparison } from '../../gate/check.ts';
import { parseQuantity, QUANTITY_PATTERN, type Quantity, shortLine } from './quantity.ts';
import { isComparison } from './trigger.ts';

/** A condition as one line, limits still with their units. */
export type ConditionShorthand =
  | { kind: 'threshold'; op: Comparison; limit: Quantity; warnLimit: Quantity | null }
  | { kind: 'range'; min: Quantity; max: Quantity }
  | { kind: 'ratio'; op: Comparison; limit: Quantity; denominatorMin: number | null }
  | { kind: 'sustained'; op: Comparison; limit: Quantity; forMs: number }
  | {
      kind: 'failures';
      op: Comparison;
      limit: Quantity;
      failuresMax: number;
      countMin: number | null;
    }
  | { kind: 'count'; op: Comparison; limit: Quantity }
  | { kind: 'presence' };

export const CONDITION_FORM =
  'a condition such as "<= 0.85", "<= 200, warn to 500", "0.2..0.8", "ratio >= 95% of at least 20", ' +
  '"never > 400 for 15m", "at most 3 of 60 > 400", "count == 0" or "present"';

const OP = '(<=|>=|==|<|>)';
const Q = `(${QUANTITY_PATTERN})`;
const THRESHOLD = new RegExp(`^${OP}\\s*${Q}(?:\\s*,?\\s+warn\\s+to\\s+${Q})?$`);
const RANGE = new RegExp(`^(?:from\\s+)?${Q}\\s*(?:\\.\\.|to)\\s*${Q}$`);
const RATIO = new RegExp(`^ratio\\s*${OP}\\s*${Q}(?:\\s+of\\s+at\\s+least\\s+(\\d{1,9}))?$`);
const NEVER = new RegExp(`^never\\s*${OP}\\s*${Q}\\s+for\\s+(\\S+)$`);
const AT_MOST = new RegExp(`^at\\s+most\\s+(\\d{1,6})(?:\\s+of\\s+(\\d{1,6}))?\\s*${OP}\\s*${Q}$`);
const COUNT = new RegExp(`^count\\s*${OP}\\s*${Q}$`);

/** null for anything that is not one of CONDITION_FORM. */
export function parseCondition(text: string): ConditionShorthand | null {
  const line = shortLine(text);
  if (line === 'present') return { kind: 'presence' };
  return (
    threshold(line) ?? range(line) ?? ratio(line) ?? never(line) ?? atMost(line) ?? count(line)
  );
}

function threshold(line: string): ConditionShorthand | null {
  const [, op, right, warn] = THRESHOLD.exec(line) ?? [];
  const limit = parseQuantity(right ?? '');
  const warnLimit = warn === undefined ? null : parseQuantity(warn);
  if (!isComparison(op) || limit === null) return null;
  return { kind: 'threshold', op, limit, warnLimit };
}

function range(line: string): ConditionShorthand | null {
  const [, low, high] = RANGE.exec(line) ?? [];
  const min = parseQuantity(low ?? '');
  const max = parseQuantity(high ?? '');
  return min === null || max === null ? null : { kind: 'range', min, max };
}

function ratio(line: string): ConditionShorthand | null {
  const [, op, right, least] = RATIO.exec(line) ?? [];
  const limit = parseQuantity(right ?? '');
  if (!isComparison(op) || limit === null) return null;
  return { kind: 'ratio', op, limit, denominatorMin: least === undefined ? null : Number(least) };
}

function never(line: string): ConditionShorthand | null {
  const [, op, right, duration] = NEVER.exec(line) ?? [];
  const limit = parseQuantity(right ?? '');
  const forMs = parseDuration(duration ?? '');
  if (!isComparison(op) || limit === null || forMs === null) return null;
  return { kind: 'sustained', op, limit, forMs };
}

function atMost(line: string): ConditionShorthand | null {
  const [, failures, count, op, right] = AT_MOST.exec(line) ?? [];
  const limit = parseQuantity(right ?? '');
  if (!isComparison(op) || limit === null) return null;
  const countMin = count === undefined ? null : Number(count);
  return { kind: 'failures', op, limit, failuresMax: Number(failures), countMin };
}

function count(line: string): ConditionShorthand | null {
  const [, op, right] = COUNT.exec(line) ?? [];
  const limit = parseQuantity(right ?? '');
  return isComparison(op) && limit !== null ? { kind: 'count', op, limit } : null;
}
