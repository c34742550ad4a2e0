import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import type { Static, TSchema } from 'typebox';
import { type Problem, problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { callAdmin } from '../process/admin-client.ts';
import { socketPath } from '../process/socket-path.ts';
import { PromotionView, PromotionViews } from '../protocol/controller.ts';
import { parse } from '../protocol/parse.ts';
import type { OperandDefinition } from './command.ts';

/** Opening a ledger, withdrawing a predecessor: the longest that an answer may take. */
const DEADLINE_MS = 90_000;
/** A question is answered from memory, or from a few pages of the ledger. */
const QUESTION_MS = 10_000;

/** What every command about a promotion takes. */
export const PROMOTION_OPERAND: OperandDefinition = {
  name: '[id]',
  summary: 'its id, the beginning of it, or its service; else the only active one',
  completes: 'nothing',
};

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
    // Asking twice does no harm: the one that runs is asked at once. An order is given once.
    const asked = method === 'GET' ? await this.askRunning(form, path) : null;
    if (asked !== null && (asked.ok || asked.problem.code !== 'unavailable')) return asked;
    // Loaded when somebody has to be started: most calls find that one runs.
    const { ensureController } = await import('../process/ensure-process.ts');
    const there = await ensureController(this.state);
    if (!there.ok) return there;
    return await this.call(form, { method, path, body, deadlineMs: DEADLINE_MS });
  }

  /** As a GET of `ask`, but starts nothing; null: none runs. */
  async askRunning<T extends TSchema>(form: T, path: string): Promise<Result<Static<T>> | null> {
    const socket = socketPath(this.state, 'controller');
    if (!socket.ok) return socket;
    if (!existsSync(socket.value)) return null;
    const answer = await this.call(form, { method: 'GET', path, deadlineMs: QUESTION_MS });
    return !answer.ok && isNobody(answer.problem) ? null : answer;
  }

  /** Tells the one that runs to end, and waits until it has. False: none ran. */
  async stop(force: boolean): Promise<Result<boolean>> {
    const socket = socketPath(this.state, 'controller');
    if (!socket.ok) return socket;
    const call = { method: 'POST', path: '/stop', body: { force }, deadlineMs: QUESTION_MS };
    const told = existsSync(socket.value) ? await callAdmin(socket.value, call) : null;
    if (told === null || (!told.ok && isNobody(told.problem))) return ok(false);
    if (!told.ok) return told;
    const deadlineMs = performance.now() + QUESTION_MS;
    const question = { method: 'GET', path: '/about', deadlineMs: QUESTION_MS };
    while ((await callAdmin(socket.value, question)).ok) {
      if (performance.now() > deadlineMs) {
        return fail(problem('unavailable', 'the controller was told to stop, and still answers'));
      }
      await new Promise((done) => setTimeout(done, 25));
    }
    return ok(true);
  }

  promotions(): Promise<Result<PromotionView[]>> {
    return this.ask(PromotionViews, 'GET', '/promotions');
  }

  /** As PROMOTION_OPERAND says; without a word the only active one there is. */
  promotion(word: string | undefined): Promise<Result<PromotionView>> {
    const query = word === undefined ? '' : `?id=${encodeURIComponent(word)}`;
    return this.ask(PromotionView, 'GET', `/promotion${query}`);
  }

  private async call<T extends TSchema>(
    form: T,
    call: Parameters<typeof callAdmin>[1],
  ): Promise<Result<Static<T>>> {
    const socket = socketPath(this.state, 'controller');
    if (!socket.ok) return socket;
    const answer = await callAdmin(socket.value, call);
    if (!answer.ok) return answer;
    const parsed = parse(form, answer.value, 'the controller');
    return parsed.ok ? parsed : fail(otherVersion(parsed.problem));
  }
}

/** A controller goes on when the program is replaced by a newer one; what it says may be of before. */
function otherVersion({ message }: Problem): Problem {
  const hint =
    'is it of another version? auroractl controller stop; the next command starts this one';
  return problem('unavailable', `the controller's answer is not understood: ${message}`, hint);
}

/** Nobody listens: the words of the system, which callAdmin hands on. */
function isNobody({ code, message }: Problem): boolean {
  return code === 'unavailable' && /\b(?:ECONNREFUSED|ENOENT)\b/.test(message);
}

/** Who gives an order: the name that the system knows, unless another is given. */
export function caller(given: string | null): string {
  return given ?? userInfo().username;
}
