import { ln, lnSumExp } from '../../../base/math.ts';

/**
 * ln of sum w E: with weights that sum to 1 again an e-value, however the parts depend on one
 * another, and never worse than sharing alpha between them. Terms are added in the order of their
 * size, so that the order in which metrics are listed cannot change a bit. -Infinity: no part.
 */
export function lnCombined(parts: readonly { weight: number; lnE: number }[]): number {
  const terms = parts.filter(({ weight }) => weight > 0).map(({ weight, lnE }) => ln(weight) + lnE);
  if (terms.length === 0) return -Infinity;
  return lnSumExp(terms.sort((a, b) => a - b));
}
