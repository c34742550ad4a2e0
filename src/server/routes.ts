import type { Controller } from '../app-controller.ts';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { formatFinding, parsePlan } from '../core/plan/check-plan.ts';
import type { Plan } from '../core/plan/plan.ts';
import type { PromotionEvent } from '../core/promotion/event.ts';
import type { AdminRoute } from '../process/admin-server.ts';
import { Order, Promote, type PromotionView, Signed } from '../protocol/controller.ts';
import { parse } from '../protocol/parse.ts';
import { promotionView } from './promotion-view.ts';

/** How long a superseded promotion may take to be back at stable before the next begins. */
const SUPERSEDE_MS = 60_000;
const POLL_MS = 50;

/** What can be said to the controller: protocol/controller.ts. `wake` starts a round at once. */
export function controllerRoutes(
  controller: Controller,
  wake: () => void,
  stop: () => void,
): Readonly<Record<string, AdminRoute>> {
  const { engine } = controller;
  const find = (id: string) => engine.promotions.find((one) => one.id === id);
  const viewOf = ({ id, plan, state }: (typeof engine.promotions)[number]): PromotionView =>
    promotionView(plan, state, Date.now(), engine.sourceProblem(id));
  const view = (id: string): Result<PromotionView> => {
    const runner = find(id);
    if (runner === undefined) return fail(unknown(id));
    return ok(viewOf(runner));
  };
  const tell = async (id: string, event: PromotionEvent): Promise<Result<PromotionView>> => {
    const refused = await engine.post(id, event);
    wake();
    return refused === null ? view(id) : fail(refused);
  };
  return {
    'GET /promotions': async () => ok(engine.promotions.map(viewOf)),
    'GET /promotion': async (_, query) => view(query.get('id') ?? ''),
    'POST /promote': async (body) => {
      const asked = parse(Promote, body, 'promote');
      if (!asked.ok) return asked;
      const plan = soundPlan(asked.value);
      if (!plan.ok) return plan;
      const { by, rehearsal, supersede } = asked.value;
      if (supersede) {
        const withdrawn = await withdraw(controller, plan.value.service, by);
        if (!withdrawn.ok) return withdrawn;
      }
      const faults = controller.faultsOf(plan.value);
      if (faults !== null) return fail(faults);
      const opened = await engine.promote(plan.value, by, rehearsal);
      wake();
      return opened.ok ? view(opened.value.id) : opened;
    },
    'POST /command': async (body) => {
      const order = parse(Order, body, 'command');
      if (!order.ok) return order;
      const { id, command, by, reason } = order.value;
      return await tell(id, { kind: 'command', command, by, reason });
    },
    'GET /request': async (_, query) => {
      const id = query.get('id') ?? '';
      const runner = find(id);
      if (runner === undefined) return fail(unknown(id));
      const open = runner.state.request;
      if (open !== null) return ok({ request: open.request });
      return fail(problem('conflict', `${id} asks nobody to sign now`, `auroractl explain ${id}`));
    },
    'POST /sign': async (body) => {
      const signed = parse(Signed, body, 'sign');
      if (!signed.ok) return signed;
      const { id, document, signature } = signed.value;
      return await tell(id, { kind: 'sign-off', document, signature });
    },
    'POST /stop': async () => {
      setImmediate(stop);
      return ok(null);
    },
  };
}

function soundPlan({ path, text, args }: Promote): Result<Plan> {
  const { plan, findings } = parsePlan(path, text, args);
  if (plan !== null) return ok(plan);
  const errors = findings.filter(({ level }) => level === 'error').map(formatFinding);
  return fail(problem('invalid-file', [`${path} is no sound plan`, ...errors].join('\n')));
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

function unknown(id: string): ReturnType<typeof problem> {
  return problem('not-found', `no active promotion ${id}`, 'auroractl list; auroractl history');
}
