import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { type Order, PromotionView } from '../protocol/controller.ts';
import type { ControllerClient } from './controller-client.ts';

const POLL_MS = 50;

/** Milliseconds of `performance.now()` after which it is given up. */
export interface Until {
  deadlineMs: number;
}

/**
 * Asks until `done` answers something. A controller that does not answer is asked again: the command
 * that asks starts the next one. `unavailable` at the deadline, naming what was waited for.
 */
export async function pollUntil<T>(
  look: () => Promise<T | null>,
  { deadlineMs }: Until,
  what: string,
): Promise<Result<T>> {
  for (;;) {
    const found = await look();
    if (found !== null) return ok(found);
    if (performance.now() >= deadlineMs)
      return fail(problem('unavailable', `not in time: ${what}`));
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** The share is confirmed; or a sentence that says why it will not be, and the promotion as it is. */
export async function untilShare(
  client: ControllerClient,
  id: string,
  weightPct: number,
  until: Until,
): Promise<Result<void>> {
  const look = async (): Promise<Result<void> | null> => {
    const seen = await client.promotion(id);
    if (!seen.ok) return null;
    const { outcome, back, weights } = seen.value;
    const turned = back ?? outcome?.cause ?? null;
    if (turned !== null) return fail(problem('unavailable', `it went back by itself: ${turned}`));
    if (weights.candidate === weightPct) return ok(undefined);
    const why = stuckOn(seen.value);
    return why === null ? null : fail(problem('unavailable', why));
  };
  const found = await pollUntil(look, until, `a share of ${weightPct} % for the backup`);
  return found.ok ? found.value : found;
}

/** The controller would try again for minutes; a drill has found out what it is for. */
function stuckOn({ waiting }: PromotionView): string | null {
  const failed = waiting.find(({ on }) => on === 'retry' || on === 'person' || on === 'drift');
  return failed?.text ?? null;
}

/** Ordered until somebody has taken it; an order that was taken twice is one order. */
export async function orderUntilTaken(
  client: ControllerClient,
  order: Order,
  until: Until,
): Promise<Result<void>> {
  const look = async (): Promise<Result<void> | null> => {
    const taken = await client.ask(PromotionView, 'POST', '/command', order);
    if (taken.ok) return ok(undefined);
    return taken.problem.code === 'unavailable' ? null : taken;
  };
  const found = await pollUntil(look, until, `the order ${order.command}`);
  return found.ok ? found.value : found;
}

/** The promotion with its outcome. */
export function untilEnded(
  client: ControllerClient,
  id: string,
  until: Until,
): Promise<Result<PromotionView>> {
  const look = async (): Promise<PromotionView | null> => {
    const seen = await client.promotion(id);
    return seen.ok && seen.value.outcome !== null ? seen.value : null;
  };
  return pollUntil(look, until, 'all traffic at stable, and the backup stopped');
}
