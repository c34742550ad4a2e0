import type { Controller, PastPromotion } from '../app-controller.ts';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';

/** Active, in the engine; or ended, in the ledger. */
export type FoundPromotion =
  | { kind: 'active'; runner: Controller['engine']['promotions'][number] }
  | { kind: 'ended'; past: PastPromotion };

const NAMED_MAX = 10;

/**
 * The promotion that a person means by a word: its id; a service, whose newest it is; or the
 * beginning of one id alone. Empty: the only active one. `usage` names those among which it can't
 * tell.
 */
export function findPromotion(controller: Controller, word: string): Result<FoundPromotion> {
  if (word === '') return onlyActive(controller);
  const exact = byId(controller, word);
  if (!exact.ok || exact.value !== null) return found(exact, word);
  const newest = newestOf(controller, word);
  if (!newest.ok || newest.value !== null) return found(newest, word);
  const ids = controller.past.idsFrom(word, NAMED_MAX + 1);
  if (!ids.ok) return ids;
  const [only, another] = ids.value;
  if (only === undefined) return found(ok(null), word);
  if (another === undefined) return found(byId(controller, only), word);
  const message = `${word} may be ${several(ids.value)}`;
  return fail(problem('usage', message, 'give more of its id'));
}

/** By its whole id. null: there is none, active or ended. */
export function byId(
  { engine, past }: Pick<Controller, 'engine' | 'past'>,
  id: string,
): Result<FoundPromotion | null> {
  const runner = engine.promotions.find((one) => one.id === id);
  if (runner !== undefined) return ok({ kind: 'active', runner });
  const ended = past.find(id);
  if (!ended.ok) return ended;
  return ok(ended.value === null ? null : { kind: 'ended', past: ended.value });
}

function newestOf({ engine, past }: Controller, service: string): Result<FoundPromotion | null> {
  const runner = engine.promotions.findLast((one) => one.plan.service === service);
  if (runner !== undefined) return ok({ kind: 'active', runner });
  const list = past.list({ service, limit: 1 });
  if (!list.ok) return list;
  const [newest] = list.value;
  return ok(newest === undefined ? null : { kind: 'ended', past: newest });
}

function onlyActive({ engine }: Controller): Result<FoundPromotion> {
  const [only, another] = engine.promotions;
  if (only === undefined) {
    const hint = 'auroractl promote PLAN; auroractl history';
    return fail(problem('not-found', 'nothing is being promoted', hint));
  }
  if (another === undefined) return ok({ kind: 'active', runner: only });
  const ids = engine.promotions.map(({ id }) => id);
  const message = `${ids.length} promotions are active: ${several(ids)}`;
  return fail(problem('usage', message, 'name one of them, or its service; auroractl list'));
}

function found(result: Result<FoundPromotion | null>, word: string): Result<FoundPromotion> {
  if (!result.ok) return result;
  if (result.value !== null) return ok(result.value);
  const hint = 'auroractl list; auroractl history';
  return fail(problem('not-found', `no promotion and no service of one is ${word}`, hint));
}

function several(ids: readonly string[]): string {
  const named = ids.slice(0, NAMED_MAX).join(', ');
  return ids.length > NAMED_MAX ? `${named} and others` : named;
}
