import type { PromotionView } from '../protocol/controller.ts';
import type { Context } from './command.ts';
import type { ControllerClient } from './controller-client.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { promotionTree } from './promotion-tree.ts';

const REFRESH_MS = 500;

/** What the outcome means as an exit code; still under way: 5. */
export function outcomeCode({ outcome }: PromotionView): ExitCode {
  if (outcome === null) return EXIT.inconclusive;
  return outcome.kind === 'promoted' ? EXIT.yes : EXIT.no;
}

/**
 * Shows a promotion until it has ended: redrawn in place on a terminal, else a line for each change.
 * Interrupted, it leaves the promotion alone, which goes on in the controller.
 */
export async function watchPromotion(
  context: Context,
  client: ControllerClient,
  first: PromotionView,
  isTerminal: boolean,
): Promise<ExitCode> {
  let view = first;
  let shown = '';
  for (;;) {
    const tree = promotionTree(view, context.nowMs());
    const change = isTerminal ? tree : lineOf(view);
    if (change !== shown) {
      context.printText(isTerminal ? redraw(shown, tree) : `${change}\n`);
      shown = change;
    }
    if (view.outcome !== null) return outcomeCode(view);
    await new Promise((resolve) => setTimeout(resolve, REFRESH_MS));
    const next = await client.promotion(view.id);
    if (!next.ok) return context.fail(next.problem);
    view = next.value;
  }
}

/** ANSI: up by the lines shown last time, and clear from there on. */
function redraw(before: string, tree: string): string {
  const lines = before.split('\n').length - 1;
  return lines === 0 ? tree : `\u001b[${lines}A\u001b[J${tree}`;
}

function lineOf({ id, phases, weights, waiting, outcome, back }: PromotionView): string {
  const active = phases.find(({ standing }) => standing === 'active');
  const where = active === undefined ? '' : ` ${active.name} ${active.stage ?? ''}`;
  if (outcome !== null) return `${id}: ${outcome.ga ? 'GA' : outcome.kind} ${outcome.cause ?? ''}`;
  if (back !== null) return `${id}: going back: ${back}`;
  const [first] = waiting;
  const why = first === undefined ? '' : `; ${first.on}`;
  return `${id}:${where}, candidate ${weights.candidate} %${why}`;
}
