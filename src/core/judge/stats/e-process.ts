import { ln, lnAddExp, lnOnePlusExp, lnSumExp } from '../../../base/math.ts';

/**
 * A mixture e-process over a grid of alternatives, joined half and half with a Shiryaev-Roberts
 * term that lets every interval be the one in which the harm began: `H = E/2 + SR/(2T)`.
 * With at most T starts H is below a supermartingale that begins at 1, so the chance that it ever
 * reaches 1/alpha while nothing is wrong is at most alpha (Ville). Natural logarithms throughout.
 * Shin, Ramdas and Rinaldo, "E-detectors", 2022, for the restart term.
 */
export interface EProcess {
  /** By alternative: sum of the log likelihood ratios since the first interval. */
  lnE: readonly number[];
  /** By alternative: ln of the restart term; empty before the first start, when it is 0. */
  lnRestart: readonly number[];
}

export function startEProcess(alternatives: number): EProcess {
  return { lnE: new Array<number>(alternatives).fill(0), lnRestart: [] };
}

/**
 * One interval's log likelihood ratios, by alternative, each an e-value's given the past.
 * `mayStart` false: the horizon is spent; the restarts that run go on, no new one begins.
 */
export function advance(
  evidence: EProcess,
  lnRatios: readonly number[],
  mayStart: boolean,
): EProcess {
  const { lnE, lnRestart } = evidence;
  const nextE = lnRatios.slice();
  const nextRestart = lnRestart.length > 0 || mayStart ? lnRatios.slice() : [];
  for (let g = 0; g < lnRatios.length; g += 1) {
    const lnRatio = lnRatios[g] ?? 0;
    nextE[g] = (lnE[g] ?? 0) + lnRatio;
    // M <- (1 + M) LR while starts are allowed, then M <- M LR; M = 0 before the first.
    const m = lnRestart[g];
    if (m !== undefined) nextRestart[g] = (mayStart ? lnOnePlusExp(m) : m) + lnRatio;
  }
  return { lnE: nextE, lnRestart: nextRestart };
}

/** ln of the mean over the alternatives since the first interval, without restarts. */
export function lnMean(evidence: EProcess): number {
  return lnSumExp(evidence.lnE) - ln(evidence.lnE.length);
}

/** ln H. `horizon`: T, the number of starts that the guarantee allows for. */
export function lnHybrid(evidence: EProcess, horizon: number): number {
  const half = lnMean(evidence) - ln(2);
  if (evidence.lnRestart.length === 0) return half;
  const restarts = lnSumExp(evidence.lnRestart) - ln(evidence.lnRestart.length * 2 * horizon);
  return lnAddExp(half, restarts);
}

/** Never below ln H, and quick: a mean is at most its largest term. */
export function lnHybridAtMost(evidence: EProcess, lnHorizon: number): number {
  let most = -Infinity;
  for (const value of evidence.lnE) if (value > most) most = value;
  for (const value of evidence.lnRestart) {
    if (value - lnHorizon > most) most = value - lnHorizon;
  }
  return most;
}
