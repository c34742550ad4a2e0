/** The decisions of Argo Rollouts and Flagger as their sources and documents state them. */

export type ArgoPhase = 'Running' | 'Successful' | 'Failed' | 'Inconclusive' | 'Error';

/** What an analysis has taken so far. */
export interface ArgoTaken {
  count: number;
  failed: number;
  inconclusive: number;
  consecutiveError: number;
  consecutiveSuccess: number;
}

export interface ArgoRule {
  failureLimit: number;
  /** null: not set. */
  consecutiveSuccessLimit: number | null;
  /** Measurements to take; null: for as long as the rollout lasts. */
  count: number | null;
}

const INCONCLUSIVE_LIMIT = 0;
const CONSECUTIVE_ERROR_LIMIT = 4;

export const NOTHING_TAKEN: ArgoTaken = {
  count: 0,
  failed: 0,
  inconclusive: 0,
  consecutiveError: 0,
  consecutiveSuccess: 0,
};

/** Failures are counted over the whole analysis: no success takes one back. */
export function argoAssess(taken: ArgoTaken, rule: ArgoRule, isTerminating: boolean): ArgoPhase {
  if (taken.consecutiveError > CONSECUTIVE_ERROR_LIMIT) return 'Error';
  if (taken.inconclusive > INCONCLUSIVE_LIMIT) return 'Inconclusive';
  if (taken.failed > rule.failureLimit) return 'Failed';
  const { consecutiveSuccessLimit } = rule;
  if (consecutiveSuccessLimit !== null && taken.consecutiveSuccess >= consecutiveSuccessLimit) {
    return 'Successful';
  }
  if (rule.count !== null && taken.count >= rule.count) {
    return consecutiveSuccessLimit === null ? 'Successful' : 'Inconclusive';
  }
  return isTerminating ? 'Successful' : 'Running';
}

export function argoTake(before: ArgoTaken, result: 'success' | 'failure'): ArgoTaken {
  const isFailure = result === 'failure';
  return {
    ...before,
    count: before.count + 1,
    failed: before.failed + (isFailure ? 1 : 0),
    consecutiveError: 0,
    consecutiveSuccess: isFailure ? 0 : before.consecutiveSuccess + 1,
  };
}

/** An analysis in the background of a rollout, after so many failures. */
export function argoFails(failed: number, failureLimit: number): boolean {
  const rule = { failureLimit, consecutiveSuccessLimit: null, count: null };
  return argoAssess({ ...NOTHING_TAKEN, failed }, rule, false) === 'Failed';
}

/** Failed checks are never forgiven while it progresses; 0 stands for the default of 1. */
export function flaggerRollsBack(failedChecks: number, threshold: number): boolean {
  return failedChecks >= (threshold === 0 ? 1 : threshold);
}
