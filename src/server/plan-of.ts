import type { Controller } from '../app-controller.ts';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { formatFinding, parsePlan } from '../core/plan/check-plan.ts';
import { LOAD_FORM, parseLoad } from '../core/plan/grammar/small.ts';
import type { Plan } from '../core/plan/plan.ts';
import { rehearsalOf } from '../core/plan/rehearsal.ts';
import { withLoad } from '../core/plan/with-load.ts';
import type { PlanOrigin } from '../core/promotion/event.ts';

/** The plan that a text means, with what was said beside it: the same words give the same plan. */
export function planOf(controller: Controller, origin: PlanOrigin, text: string): Result<Plan> {
  const { path, args, load, scaleToMs } = origin;
  const { plan, findings } = parsePlan(path, text, args);
  if (plan === null) {
    const errors = findings.filter(({ level }) => level === 'error').map(formatFinding);
    return fail(problem('invalid-file', [`${path} is no sound plan`, ...errors].join('\n')));
  }
  const loaded = load === null ? ok(plan) : loadedBy(plan, load);
  if (!loaded.ok || scaleToMs === null) return loaded;
  const tickMs = controller.intervalMsOf(plan.service);
  return tickMs.ok
    ? ok(rehearsalOf(loaded.value, { totalMs: scaleToMs, tickMs: tickMs.value }))
    : tickMs;
}

function loadedBy(plan: Plan, text: string): Result<Plan> {
  const load = parseLoad(text);
  if (load !== null) return ok(withLoad(plan, load));
  return fail(problem('usage', `expected ${LOAD_FORM}, found ${JSON.stringify(text)}`));
}
