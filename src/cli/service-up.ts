import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { InstanceProcess } from '../protocol/keeper.ts';
import type { ServiceDefinition } from '../protocol/service.ts';
import type { Context } from './command.ts';
import { type Beginning, beginning, doorNotOpen, isEndingAtOnce, neverUp } from './never-up.ts';

export type Services = Awaited<ReturnType<typeof import('../app.ts').servicesOf>>;

/** A service whose door is open and whose stable is healthy. */
export interface RunningService {
  definition: ServiceDefinition;
  stable: InstanceProcess;
  /** `HOST:PORT` of the door. */
  door: string;
}

const POLL_MS = 100;
/** For keeper and splitter, on a machine with other work to do. */
const START_MS = 20_000;

/** Starts what does not run, and waits for it. `unavailable`: why not, with what it said last. */
export async function startService(
  context: Context,
  services: Services,
  definition: ServiceDefinition,
): Promise<Result<RunningService>> {
  const folder = services.folderOf(definition.name);
  const begun = {
    stable: beginning(context, folder, 'stable'),
    splitter: beginning(context, folder, 'splitter'),
  };
  const started = await services.start(definition.name);
  return started.ok ? await untilUp(services, definition, begun) : started;
}

async function untilUp(
  services: Services,
  definition: ServiceDefinition,
  begun: Readonly<Record<'stable' | 'splitter', Beginning>>,
): Promise<Result<RunningService>> {
  const { name, traffic, workload } = definition;
  const healthyBy = performance.now() + workload.healthDeadlineMs;
  const deadline = healthyBy + START_MS;
  for (;;) {
    const viewed = await services.view(name);
    if (!viewed.ok) return viewed;
    const { keeper, splitter } = viewed.value;
    const stable = keeper?.instances.find(({ track }) => track === 'stable');
    if (stable?.process.up === true && splitter?.stable?.up === true) {
      return ok({ definition, stable, door: `${shown(splitter.host)}:${splitter.port}` });
    }
    const isLate = performance.now() > deadline;
    if (keeper !== null && splitter === null) {
      if (isLate || isEndingAtOnce(keeper.splitter, begun.splitter)) {
        return fail(doorNotOpen(`${shown(traffic.host)}:${traffic.port}`, begun.splitter));
      }
    } else if (stable !== undefined && !stable.process.up) {
      if (performance.now() > healthyBy || isEndingAtOnce(stable.process, begun.stable)) {
        return fail(neverUp(definition, stable, begun.stable));
      }
    } else if (isLate) return fail(problem('unavailable', `the keeper of ${name} does not answer`));
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function shown(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
