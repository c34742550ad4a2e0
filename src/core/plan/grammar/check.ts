import { parseDuration } from '../../../base/duration.ts';
import type { Track } from '../../evidence/interval.ts';
import { type ConditionShorthand, parseCondition } from './condition.ts';
import { isTrack, type MetricTerm, parseMetricTerm, TERM_PATTERN } from './metric-term.ts';
import { shortLine } from './quantity.ts';

export type EvidenceShorthand =
  | { source: 'judge' }
  | { source: 'metric'; term: MetricTerm; windowMs: number; track: Track };

export const EVIDENCE_FORM = 'evidence such as "judge" or "p95(rtt) over 24h on candidate"';
export const CHECK_FORM = '"p95(rtt) over 24h <= 350ms"';

const EVIDENCE = new RegExp(`^(${TERM_PATTERN})\\s+over\\s+(\\S+)(?:\\s+on\\s+(\\S+))?$`);

/** `judge`, or `TERM over DURATION [on TRACK]`; null for anything else. */
export function parseEvidence(text: string): EvidenceShorthand | null {
  const line = shortLine(text);
  if (line === 'judge') return { source: 'judge' };
  const [, left, duration, track] = EVIDENCE.exec(line) ?? [];
  const term = parseMetricTerm(left ?? '');
  const windowMs = parseDuration(duration ?? '');
  if (term === null || windowMs === null) return null;
  if (track !== undefined && !isTrack(track)) return null;
  return { source: 'metric', term, windowMs, track: track ?? 'candidate' };
}

const CHECK = /^(.+?\s+over\s+\S+(?:\s+on\s+[a-z]+)?)\s+(\S.*)$/;

/** A whole check in a line: evidence of a metric, then condition. */
export function parseCheck(
  text: string,
): { evidence: EvidenceShorthand; condition: ConditionShorthand } | null {
  const [, left, right] = CHECK.exec(shortLine(text)) ?? [];
  const evidence = parseEvidence(left ?? '');
  const condition = parseCondition(right ?? '');
  return evidence === null || condition === null ? null : { evidence, condition };
}
