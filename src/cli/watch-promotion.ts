import type { Result } from '../base/result.ts';
import type { PromotionView } from '../protocol/controller.ts';
import type { Context } from './command.ts';
import type { ControllerClient } from './controller-client.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { LiveText } from './live-text.ts';
import { outcomeText, promotionTree } from './promotion-tree.ts';

const REFRESH_MS = 500;
/** A controller that is replaced, or a machine that is busy, is away for a moment. */
const AWAY_MS = 30_000;

/** What the outcome means as an exit code; still under way: 5. */
export function outcomeCode({ outcome }: PromotionView): ExitCode {
  if (outcome === null) return EXIT.inconclusive;
  return outcome.kind === 'promoted' || outcome.kind === 'rehearsed' ? EXIT.yes : EXIT.no;
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
  const interrupted = (): void => {
    if (isTerminal) context.note(''); // behind the ^C that the terminal shows
    context.note(`${first.id} goes on; back to it: auroractl status ${first.id} -w`);
    process.exit(EXIT.interrupted);
  };
  process.once('SIGINT', interrupted);
  try {
    return await show(context, client, first, isTerminal);
  } finally {
    process.removeListener('SIGINT', interrupted);
  }
}

async function show(
  context: Context,
  client: ControllerClient,
  first: PromotionView,
  isTerminal: boolean,
): Promise<ExitCode> {
  let view = first;
  let shown = '';
  const live = isTerminal ? new LiveText(context) : null;
  for (;;) {
    const tree = promotionTree(view, context.nowMs());
    const line = lineOf(view);
    if (live === null && line !== shown) context.printText(`${line}\n`);
    shown = line;
    if (view.outcome !== null) {
      live?.stay(tree);
      return outcomeCode(view);
    }
    live?.show(tree);
    await new Promise((resolve) => setTimeout(resolve, REFRESH_MS));
    const next = await lookAgain(client, view.id);
    if (!next.ok) return context.fail(next.problem);
    view = next.value;
  }
}

async function lookAgain(client: ControllerClient, id: string): Promise<Result<PromotionView>> {
  const deadlineMs = performance.now() + AWAY_MS;
  for (;;) {
    const seen = await client.promotion(id);
    const isAway = !seen.ok && seen.problem.code === 'unavailable';
    if (!isAway || performance.now() > deadlineMs) return seen;
    await new Promise((resolve) => setTimeout(resolve, REFRESH_MS));
  }
}

function lineOf({ id, phases, weights, waiting, outcome, back }: PromotionView): string {
  const active = phases.find(({ standing }) => standing === 'active');
  const where = active === undefined ? '' : ` ${active.name} ${active.stage ?? ''}`;
  if (outcome !== null) return `${id}: ${outcomeText(outcome)}`;
  if (back !== null) return `${id}: going back: ${back}`;
  const [first] = waiting;
  const why = first === undefined ? '' : `; ${first.on}`;
  return `${id}:${where}, candidate ${weights.candidate} %${why}`;
}
