import type { Controller, PastPromotion } from '../app-controller.ts';
import { type Problem, problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { checklist } from '../core/decision/checklist.ts';
import type { PromotionEvent } from '../core/promotion/event.ts';
import type { AdminRoute } from '../process/admin-server.ts';
import { type About, Order, type PromotionView, Signed, Stop } from '../protocol/controller.ts';
import { parse } from '../protocol/parse.ts';
import { byId, type FoundPromotion, findPromotion } from './find-promotion.ts';
import { historyView } from './history-view.ts';
import { promote } from './promote.ts';
import { promotionView } from './promotion-view.ts';
import { stopFault } from './stop-fault.ts';

type Routes = Readonly<Record<string, AdminRoute>>;

/** What routes need of the process that they are served by. */
export interface ServingProcess {
  /** The next round begins now. */
  wake(): void;
  stop(): void;
  about: Omit<About, 'active'>;
}

const HISTORY_MAX = 1_000;

/** What can be said to the controller: protocol/controller.ts. */
export function controllerRoutes(controller: Controller, serving: ServingProcess): Routes {
  return { ...questions(controller, serving), ...orders(controller, serving) };
}

function questions(controller: Controller, { about }: ServingProcess): Routes {
  const { engine } = controller;
  const find = (query: URLSearchParams): Result<FoundPromotion> =>
    findPromotion(controller, query.get('id') ?? '');
  return {
    'GET /about': async () => ok({ ...about, active: engine.promotions.length }),
    'GET /promotions': async () =>
      ok(engine.promotions.map((runner) => viewOf(controller, { kind: 'active', runner }))),
    'GET /promotion': async (_, query) => {
      const found = find(query);
      return found.ok ? ok(viewOf(controller, found.value)) : found;
    },
    'GET /history': async (_, query) => {
      const limit = Number(query.get('limit') ?? HISTORY_MAX);
      if (!Number.isInteger(limit) || limit < 1 || limit > HISTORY_MAX) {
        return fail(problem('usage', `limit: expected a whole number from 1 to ${HISTORY_MAX}`));
      }
      const service = query.get('service');
      return historyView(controller, { limit, ...(service === null ? {} : { service }) });
    },
    'GET /checklist': async (_, query) => {
      const found = find(query);
      if (!found.ok) return found;
      const { plan, state } = recordOf(found.value);
      return ok({ id: state.promotion, markdown: checklist(plan, state, Date.now()) });
    },
    'GET /request': async (_, query) => {
      const found = active(controller, query.get('id') ?? '');
      if (!found.ok) return found;
      const { id, state } = found.value;
      if (state.request !== null) return ok({ request: state.request.request });
      return fail(problem('conflict', `${id} asks nobody to sign now`, `auroractl explain ${id}`));
    },
  };
}

function orders(controller: Controller, { wake, stop }: ServingProcess): Routes {
  const { engine } = controller;
  const view = (id: string): Result<PromotionView> => {
    const found = byId(controller, id);
    if (!found.ok) return found;
    return found.value === null ? fail(unknown(id)) : ok(viewOf(controller, found.value));
  };
  const tell = async (id: string, event: PromotionEvent): Promise<Result<PromotionView>> => {
    const there = active(controller, id);
    if (!there.ok) return there;
    const refused = await engine.post(id, event);
    wake();
    return refused === null ? view(id) : fail(refused);
  };
  return {
    'POST /promote': async (body) => {
      const opened = await promote(controller, body);
      wake();
      return opened.ok ? view(opened.value.id) : opened;
    },
    'POST /command': async (body) => {
      const order = parse(Order, body, 'command');
      if (!order.ok) return order;
      const { id, command, by, reason } = order.value;
      return await tell(id, { kind: 'command', command, by, reason });
    },
    'POST /sign': async (body) => {
      const signed = parse(Signed, body, 'sign');
      if (!signed.ok) return signed;
      const { id, document, signature } = signed.value;
      return await tell(id, { kind: 'sign-off', document, signature });
    },
    'POST /stop': async (body) => {
      const asked = body === null ? ok({ force: true }) : parse(Stop, body, 'stop');
      if (!asked.ok) return asked;
      const fault = asked.value.force ? null : stopFault(engine.promotions);
      if (fault !== null) return fail(fault);
      setImmediate(stop);
      return ok(null);
    },
  };
}

function recordOf(found: FoundPromotion): Pick<PastPromotion, 'plan' | 'state'> {
  return found.kind === 'active' ? found.runner : found.past;
}

function viewOf({ engine }: Controller, found: FoundPromotion): PromotionView {
  const { plan, state } = recordOf(found);
  const source = found.kind === 'active' ? engine.sourceProblem(found.runner.id) : null;
  return promotionView(plan, state, Date.now(), source);
}

type Runner = Controller['engine']['promotions'][number];

/** One that can still be told something: `conflict` where it has ended. */
function active(controller: Controller, id: string): Result<Runner> {
  const found = byId(controller, id);
  if (!found.ok) return found;
  if (found.value === null) return fail(unknown(id));
  if (found.value.kind === 'active') return ok(found.value.runner);
  const { outcome } = found.value.past.state;
  const message = `${id} has ended already: ${outcome?.kind ?? 'no outcome'}`;
  return fail(problem('conflict', message, `auroractl status ${id}`));
}

function unknown(id: string): Problem {
  return problem('not-found', `no promotion ${id}`, 'auroractl list; auroractl history');
}
