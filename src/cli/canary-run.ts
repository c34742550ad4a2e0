import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { type Promote, PromotionView } from '../protocol/controller.ts';
import { guardStart } from './canary-guard.ts';
import type { CanaryPlan } from './canary-plan.ts';
import type { CanaryEnd } from './canary-report.ts';
import type { Context } from './command.ts';
import { ControllerClient } from './controller-client.ts';
import type { ExitCode } from './exit-codes.ts';
import { beginning } from './never-up.ts';
import type { RunningService, Services } from './service-up.ts';
import { watchPromotion } from './watch-promotion.ts';

/** Remembers what it saw last, so that the end can be told in words. */
export class RecordingClient extends ControllerClient {
  last: PromotionView | null = null;

  override async promotion(id: string | undefined): Promise<Result<PromotionView>> {
    const seen = await super.promotion(id);
    // Two who ask at once may hear the older answer later.
    if (seen.ok && (this.last?.outcome ?? null) === null) this.last = seen.value;
    return seen;
  }
}

/** `conflict` names the promotion of that service that is under way. */
export async function isNobodyPromoting(
  client: ControllerClient,
  service: string,
): Promise<Result<void>> {
  const all = await client.promotions();
  if (!all.ok) return all;
  const other = all.value.find((one) => one.service === service && one.outcome === null);
  if (other === undefined) return ok(undefined);
  const message = `${service} is being promoted already: ${other.id}`;
  const hint = `watch it: auroractl status ${other.id} -w; or end it: auroractl abort ${other.id}`;
  return fail(problem('conflict', message, hint));
}

/** Promotes under the plan and watches until the end. */
export async function runCanary(
  context: Context,
  services: Services,
  client: RecordingClient,
  asked: { plan: CanaryPlan; service: RunningService; by: string; isQuiet: boolean },
): Promise<Result<{ code: ExitCode; end: Omit<CanaryEnd, 'isDown'> }>> {
  const { plan, service, by, isQuiet } = asked;
  const folder = services.folderOf(service.definition.name);
  const begun = beginning(context, folder, 'candidate');
  const { path, text } = plan;
  const body: Promote = { path, text, args: {}, by, rehearsal: false, supersede: false };
  const opened = await client.ask(PromotionView, 'POST', '/promote', body);
  if (!opened.ok) return opened;
  const { id, candidate, service: name } = opened.value;
  context.note(`${name} ${candidate} is on its way: ${plan.path}`);
  if (!plan.isLoaded) {
    context.note(`it is judged by real requests to the door; should none come: --load '200rps /'`);
  }
  context.note(`Ctrl-C leaves it running; back to it: auroractl status ${id} -w`);
  const guard = guardStart(services, client, service.definition, { id, by, begun });
  // stdout is for what came out: the way there goes to stderr, unless a person looks on.
  const isTerminal = context.isTerminal && !isQuiet;
  const quiet: Context = { ...context, printText: (text) => context.note(text.trimEnd()) };
  const code = await watchPromotion(isTerminal ? context : quiet, client, opened.value, isTerminal);
  guard.stop();
  const view = client.last ?? opened.value;
  return ok({ code, end: { view, before: service, planPath: plan.path, neverUp: guard.problem } });
}
