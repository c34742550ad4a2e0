import { ln } from '../../../base/math.ts';
import type { Counts } from './counts.ts';

/**
 * ln of the likelihood ratio of "the candidate's rate is psi times stable's" against "they are
 * equal", given how many events both had: with rho the candidate's share of the requests the
 * candidate's events are binomial with p = psi rho / (psi rho + 1 - rho). Holds for any common
 * rate, however it drifts, and any share, however it changes. For Bernoulli events the binomial is
 * wider than the exact hypergeometric law, so the test errs on the safe side (Hoeffding 1963).
 * Lindon and Malek, "Anytime-valid inference for multinomial count data", 2022, section 4.
 */
export function lnRateRatio(counts: Counts, psi: number, lnPsi: number): number {
  const events = counts.eC + counts.eB;
  if (events === 0) return 0;
  const rho = counts.nC / (counts.nC + counts.nB);
  return counts.eC * lnPsi - events * ln(psi * rho + (1 - rho));
}

/** ln of each ratio of the grid. Remembered by the grid itself: one is used for a whole release. */
export function lnGrid(psiGrid: readonly number[]): readonly number[] {
  const known = grids.get(psiGrid);
  if (known !== undefined) return known;
  const values = psiGrid.map(ln);
  grids.set(psiGrid, values);
  return values;
}

const grids = new WeakMap<readonly number[], readonly number[]>();
