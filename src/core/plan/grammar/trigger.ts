import { parseDuration } from '../../../base/duration.ts';
import type { Track } from '../../evidence/interval.ts';
import type { Comparison } from '../../gate/check.ts';
import { isTrack, type MetricTerm, parseMetricTerm, TERM_PATTERN } from './metric-term.ts';
import { parseQuantity, QUANTITY_PATTERN, type Quantity, shortLine } from './quantity.ts';

/** A trigger as one line; `forMs` null: not said. */
export type TriggerShorthand =
  | {
      kind: 'sustained';
      term: MetricTerm;
      op: Comparison;
      limit: Quantity;
      forMs: number | null;
      track: Track;
    }
  | { kind: 'down'; forMs: number }
  | { kind: 'incident'; severityMax: number };

export const TRIGGER_FORM =
  'a trigger such as "p95(rtt) > 400ms for 15m on candidate", "down for 30s" or "SEV1"';

const SUSTAINED = new RegExp(
  `^(${TERM_PATTERN})\\s*(<=|>=|==|<|>)\\s*(${QUANTITY_PATTERN}?)(?:\\s+for\\s+(\\S+))?(?:\\s+on\\s+(\\S+))?$`,
);
const DOWN = /^(?:candidate\s+)?down(?:\s+for\s+(\S+))?$/;
const INCIDENT = /^(?:incident\s+)?SEV([1-4])(?:\s+or\s+graver)?$/i;

/**
 * `TERM OP LIMIT [for DURATION] [on TRACK]`, `[candidate] down [for DURATION]`, `SEV1`. null for
 * anything else.
 */
export function parseTrigger(text: string): TriggerShorthand | null {
  const line = shortLine(text);
  const down = DOWN.exec(line);
  if (down) {
    const forMs = down[1] === undefined ? 0 : parseDuration(down[1]);
    return forMs === null ? null : { kind: 'down', forMs };
  }
  const incident = INCIDENT.exec(line);
  if (incident) return { kind: 'incident', severityMax: Number(incident[1]) };
  const [, left, op, right, duration, track] = SUSTAINED.exec(line) ?? [];
  const term = parseMetricTerm(left ?? '');
  const limit = parseQuantity(right ?? '');
  const forMs = duration === undefined ? null : parseDuration(duration);
  if (term === null || limit === null || !isComparison(op)) return null;
  if (duration !== undefined && forMs === null) return null;
  if (track !== undefined && !isTrack(track)) return null;
  return { kind: 'sustained', term, op, limit, forMs, track: track ?? 'candidate' };
}

export function isComparison(text: string | undefined): text is Comparison {
  return text === '<' || text === '<=' || text === '>' || text === '>=' || text === '==';
}
