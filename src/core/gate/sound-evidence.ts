import type { Evidence } from './check.ts';

/**
 * Evidence as it may be recorded. A source that brings NaN, an infinity or no time brings nothing
 * that JSON can hold or a check can judge: that becomes an error which says so.
 */
export function soundEvidence(evidence: Evidence): Evidence {
  if (numbersOf(evidence).every(Number.isFinite)) return evidence;
  const { check, inputSha256, reducer } = evidence;
  const reason = 'it holds a number that is not finite';
  return { check, atMs: 0, samples: 0, inputSha256, reducer, kind: 'error', reason };
}

function numbersOf(evidence: Evidence): readonly number[] {
  const { atMs, samples } = evidence;
  switch (evidence.kind) {
    case 'number':
      return [atMs, samples, evidence.value];
    case 'ratio':
      return [atMs, samples, evidence.numerator, evidence.denominator];
    case 'series':
      return [atMs, samples, ...evidence.points.flat()];
    default:
      return [atMs, samples];
  }
}
