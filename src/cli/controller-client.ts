import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import type { Static, TSchema } from 'typebox';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { callAdmin } from '../process/admin-client.ts';
import { ensureController } from '../process/ensure-process.ts';
import { socketPath } from '../process/socket-path.ts';
import { PromotionView, PromotionViews } from '../protocol/controller.ts';
import { parse } from '../protocol/parse.ts';

/** Opening a ledger, withdrawing a predecessor: the longest that an answer may take. */
const DEADLINE_MS = 90_000;

/** Speaks to the controller of a state directory, which is started where none runs. */
export class ControllerClient {
  private readonly state: string;

  constructor(state: string) {
    this.state = resolve(state);
  }

  async ask<T extends TSchema>(
    form: T,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<Result<Static<T>>> {
    const there = await ensureController(this.state);
    if (!there.ok) return there;
    const socket = socketPath(this.state, 'controller');
    if (!socket.ok) return socket;
    const call = { method, path, body, deadlineMs: DEADLINE_MS };
    const answer = await callAdmin(socket.value, call);
    return answer.ok ? parse(form, answer.value, 'the controller') : answer;
  }

  promotions(): Promise<Result<PromotionView[]>> {
    return this.ask(PromotionViews, 'GET', '/promotions');
  }

  /** The one of that id; without an id the only active one there is. */
  async promotion(id: string | undefined): Promise<Result<PromotionView>> {
    if (id !== undefined) {
      return await this.ask(PromotionView, 'GET', `/promotion?id=${encodeURIComponent(id)}`);
    }
    const all = await this.promotions();
    if (!all.ok) return all;
    const [only, another] = all.value;
    if (only === undefined) {
      return fail(problem('not-found', 'nothing is being promoted', 'auroractl promote PLAN'));
    }
    if (another === undefined) return ok(only);
    const ids = all.value.map((one) => one.id).join(', ');
    return fail(problem('usage', `${all.value.length} promotions are active: name one`, ids));
  }
}

/** Who gives an order: the name that the system knows, unless another is given. */
export function caller(given: string | null): string {
  return given ?? userInfo().username;
}
