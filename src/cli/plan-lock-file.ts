import type { Difference } from '../base/diff.ts';
import { type Problem, problem } from '../base/problem.ts';
import { fail, type Result } from '../base/result.ts';
import { changedSince, type PlanLock, parseLock } from '../core/plan/lock.ts';
import type { Plan } from '../core/plan/plan.ts';
import { readText } from './files.ts';

/** The lock stands beside its plan. */
export function lockPathOf(planPath: string): string {
  return `${planPath.replace(/\.ya?ml$/, '')}.lock.json`;
}

/** null where there is none. What can't be read can't vouch, so every other trouble is a mismatch. */
export function readPlanLock(path: string): Result<PlanLock> | null {
  const text = readText(path);
  if (!text.ok && text.problem.code === 'not-found') return null;
  const lock = text.ok ? parseLock(text.value) : text;
  if (lock.ok && lock.value.name === lock.value.plan.name) return lock;
  const fault = lock.ok ? 'its name is not that of the plan in it' : lock.problem.message;
  const message = `${path} is no sound lock: ${fault}`;
  return fail(
    problem('lock-mismatch', message, 'take it back from version control, or lock again'),
  );
}

/** In what a plan differs from its lock, and what to do about it. */
export function lockMismatch(file: string, lock: Result<PlanLock> | null, plan: Plan): Problem {
  const command = `auroractl plan lock ${file}`;
  if (lock === null)
    return problem('lock-mismatch', `${file} is not locked: no ${lockPathOf(file)}`, command);
  if (!lock.ok) return lock.problem;
  const hint = `undo the change, or have it reviewed and lock it: ${command}`;
  const changes = changedSince(lock.value, plan).map(formatDifference).join('; ');
  return problem('lock-mismatch', `${file} differs from its lock: ${changes}`, hint);
}

function formatDifference({ path, before, after }: Difference): string {
  const text = (value: unknown): string => {
    const json = value === undefined ? '(absent)' : JSON.stringify(value);
    return json.length > 60 ? `${json.slice(0, 57)}...` : json;
  };
  return `${path}: ${text(before)} -> ${text(after)}`;
}
