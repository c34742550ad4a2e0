import { exp, ln, ln1p } from '../../../base/math.ts';

/** Strengths of the mixture, in units of the usual difference. */
export const LAMBDAS: readonly number[] = [0.1, 0.25, 0.5, 1];

/** The strength whose CUSUM opens and closes the window of relevance. */
export const RELEVANT_LAMBDA = 0.5;

/** The past differences' mean size, against which the next one is measured. */
export interface Scale {
  count: number;
  sum: number;
}

export const NO_SCALE: Scale = { count: 0, sum: 0 };

export function advanceScale(scale: Scale, difference: number): Scale {
  return { count: scale.count + 1, sum: scale.sum + Math.abs(difference) };
}

/**
 * ln of e^(lambda s) / cosh(lambda s) for s = difference / scale: an e-value whenever the
 * difference is as likely to be d as -d, that is when two tracks of equal size can be exchanged
 * (de la Pena 1999). Nothing is assumed about its distribution, and the unit cancels. The first
 * interval, and any before the first difference other than 0, only sets the scale: 0 then.
 */
export function lnSymmetric(difference: number, scale: Scale, lambda: number): number {
  const usual = scale.count === 0 ? 0 : scale.sum / scale.count;
  if (usual === 0) return 0;
  const x = Math.max(-FARTHEST, Math.min(FARTHEST, lambda * (difference / usual)));
  return LN_2 + Math.min(0, 2 * x) - ln1p(exp(-2 * Math.abs(x)));
}

const LN_2 = ln(2);
/** Beyond this the factor is 2 or nothing; it keeps one absurd value from making a sum infinite. */
const FARTHEST = 1e6;
