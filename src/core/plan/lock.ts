import { type Difference, diffValues } from '../../base/diff.ts';
import { digestOf } from '../../base/digest.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Plan } from './plan.ts';

/**
 * Pins a resolved plan. It carries the plan itself, so that what has changed since can be named and
 * an outsider sees what was locked without the file it came from.
 */
export interface PlanLock {
  apiVersion: 'aurora/v1';
  kind: 'PlanLock';
  name: string;
  /** SHA-256 of the RFC 8785 form of `plan`. */
  sha256: string;
  plan: Plan;
}

export function lockPlan(plan: Plan): PlanLock {
  return {
    apiVersion: 'aurora/v1',
    kind: 'PlanLock',
    name: plan.name,
    sha256: digestOf(plan),
    plan,
  };
}

/** The content of a lock file; the same plan gives the same bytes. */
export function formatLock(lock: PlanLock): string {
  return `${JSON.stringify(lock, null, 2)}\n`;
}

/**
 * `invalid-file` where the text is no lock; `integrity` where its digest is not that of the plan it
 * carries, so that a lock can't be edited into another.
 */
export function parseLock(text: string): Result<PlanLock> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fail(problem('invalid-file', 'the lock is no JSON'));
  }
  if (!isLockShaped(value)) {
    return fail(
      problem('invalid-file', 'expected a lock: apiVersion, kind: PlanLock, sha256, plan'),
    );
  }
  const actual = digestOf(value.plan);
  if (actual !== value.sha256) {
    const message = `the lock says ${value.sha256}, the plan in it has ${actual}`;
    return fail(problem('integrity', message, 'lock the plan again'));
  }
  return ok(value);
}

/** What has changed since the plan was locked, by path; empty exactly where the digests agree. */
export function changedSince(lock: PlanLock, plan: Plan): Difference[] {
  return lock.sha256 === digestOf(plan) ? [] : diffValues(lock.plan, plan);
}

function isLockShaped(value: unknown): value is PlanLock {
  if (typeof value !== 'object' || value === null) return false;
  const { apiVersion, kind, sha256, plan } = value as Partial<Record<keyof PlanLock, unknown>>;
  const isPlan = typeof plan === 'object' && plan !== null && !Array.isArray(plan);
  return apiVersion === 'aurora/v1' && kind === 'PlanLock' && typeof sha256 === 'string' && isPlan;
}
