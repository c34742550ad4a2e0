import { rmSync } from 'node:fs';
import { present } from '../base/assert.ts';
import { type Problem, problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { InstanceProcess } from '../protocol/keeper.ts';
import type { ServiceDefinition } from '../protocol/service.ts';
import { type CanaryWish, contradictions, newDefinition } from './canary-options.ts';
import { checkAnswers, checkDoorIsFree } from './canary-ports.ts';
import type { CommandArgs, Context } from './command.ts';
import { type RunningService, type Services, startService } from './service-up.ts';

/** What this call had begun can be undone; nothing is where it ran before. */
export interface CanaryService extends RunningService {
  undo(): Promise<void>;
}

/**
 * The service of that name, known or new, running. What this call had begun is undone where stable
 * does not come up: a new service is stopped and forgotten again.
 */
export async function runningService(
  context: Context,
  services: Services,
  args: CommandArgs,
  wish: CanaryWish,
): Promise<Result<CanaryService>> {
  const { name } = wish;
  const found = services.definition(name);
  const isNew = !found.ok && found.problem.code === 'not-found';
  const definition = isNew ? defineNew(args, wish) : found;
  if (!definition.ok) return definition;
  if (!isNew) {
    const fits = fitsKnown(args, definition.value);
    if (!fits.ok) return fits;
  }
  const before = isNew ? null : await services.view(name);
  // Without its keeper a splitter goes on alone, and holds the door.
  const isRunning =
    before?.ok === true && (before.value.keeper !== null || before.value.splitter !== null);
  if (!isRunning) {
    const free = await checkDoorIsFree(definition.value);
    if (!free.ok) return free;
  }
  for (const command of [isNew ? wish.stable : null, wish.candidate]) {
    const answers = command === null ? ok(undefined) : await checkAnswers(command);
    if (!answers.ok) return answers;
  }
  if (isNew) {
    const added = services.add(definition.value);
    if (!added.ok) return added;
  }
  if (!isRunning) context.note(`${name}: stable is starting`);
  const up = await startService(context, services, definition.value);
  const fits = up.ok ? isStillStable(wish, up.value.stable) : up;
  const undo = async (): Promise<void> => {
    if (!isRunning) await stopAgain(services, name, isNew);
  };
  if (up.ok && fits.ok) return ok({ ...up.value, undo });
  await undo();
  return fail(problemOf(fits));
}

function problemOf(result: Result<unknown>): Problem {
  return present(result.ok ? null : result.problem, 'only what failed is given up');
}

function defineNew(args: CommandArgs, { name, stable }: CanaryWish): Result<ServiceDefinition> {
  if (stable !== null) return newDefinition(args, stable);
  const hint = "--stable 'COMMAND', or the http:// address at which it runs already";
  return fail(problem('usage', `there is no service ${name} yet: say what is stable`, hint));
}

function fitsKnown(args: CommandArgs, known: ServiceDefinition): Result<void> {
  const differ = contradictions(args, known);
  if (!differ.ok) return differ;
  if (differ.value.length === 0) return ok(undefined);
  const { name } = known;
  const message = `the service ${name} is there already, and ${differ.value.join(', ')} would change it`;
  const hint = `leave that away, or begin another service: --name ${name}-2`;
  return fail(problem('conflict', message, hint));
}

/** What is stable came out of an earlier promotion, perhaps: nobody may believe it to be another. */
function isStillStable(wish: CanaryWish, stable: InstanceProcess): Result<void> {
  const { name } = wish;
  const what = `what is stable now, ${name} ${stable.version}, is ${quote(stable.command)}`;
  const hint = `leave --stable away: it is what the candidate is compared with; or --name ${name}-2`;
  if (wish.stable !== null && wish.stable !== stable.command) {
    return fail(problem('conflict', `${what}, not ${quote(wish.stable)}`, hint));
  }
  if (wish.stableVersion !== null && wish.stableVersion !== stable.version) {
    const message = `${name} ${stable.version} is stable now, not ${wish.stableVersion}`;
    return fail(problem('conflict', message, 'leave --stable-version away'));
  }
  return ok(undefined);
}

/** Stopped; a new one is forgotten as well, so that the next try may describe it otherwise. */
async function stopAgain(services: Services, name: string, isNew: boolean): Promise<void> {
  const stopped = await services.stop(name);
  if (!isNew || !stopped.ok) return;
  rmSync(services.folderOf(name), { recursive: true, force: true });
}

function quote(text: string): string {
  return `'${text}'`;
}
