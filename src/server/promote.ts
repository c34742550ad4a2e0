import { isAbsolute } from 'node:path';
import type { Controller } from '../app-controller.ts';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { Promote } from '../protocol/controller.ts';
import { parse } from '../protocol/parse.ts';
import { planOf } from './plan-of.ts';

/** How long a superseded promotion may take to be back at stable before the next begins. */
const SUPERSEDE_MS = 60_000;
const POLL_MS = 50;

/** Opens the promotion that is asked for, once its plan is sound and can be measured here. */
export async function promote(
  controller: Controller,
  body: unknown,
): Promise<Result<{ id: string }>> {
  const asked = parse(Promote, body, 'promote');
  if (!asked.ok) return asked;
  const { path, text, args, by, rehearsal, supersede, load = null, scaleToMs = null } = asked.value;
  const origin = { path, args, load, scaleToMs };
  const plan = planOf(controller, origin, text);
  if (!plan.ok) return plan;
  if (supersede) {
    const withdrawn = await withdraw(controller, plan.value.service, by);
    if (!withdrawn.ok) return withdrawn;
  }
  const faults = controller.faultsOf(plan.value);
  if (faults !== null) return fail(faults);
  const file = isAbsolute(path) ? origin : null;
  return await controller.engine.promote(plan.value, by, rehearsal, file);
}

/** The active promotion of the service goes back; the next begins once it has ended. */
async function withdraw(
  { engine }: Controller,
  service: string,
  by: string,
): Promise<Result<void>> {
  const isOfService = (one: (typeof engine.promotions)[number]): boolean =>
    one.plan.service === service && one.state.outcome === null;
  const other = engine.promotions.find(isOfService);
  if (other === undefined) return ok(undefined);
  const reason = 'another promotion takes its place';
  const refused = await engine.post(other.id, { kind: 'command', command: 'withdraw', by, reason });
  if (refused !== null) return fail(refused);
  const deadline = performance.now() + SUPERSEDE_MS;
  while (other.state.outcome === null) {
    if (performance.now() > deadline) {
      const hint = `auroractl explain ${other.id}`;
      return fail(problem('unavailable', `${other.id} is not back at stable yet`, hint));
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return ok(undefined);
}
