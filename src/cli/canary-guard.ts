import { type Problem, problem } from '../base/problem.ts';
import { type Order, PromotionView } from '../protocol/controller.ts';
import type { InstanceProcess } from '../protocol/keeper.ts';
import type { ServiceDefinition } from '../protocol/service.ts';
import type { ControllerClient } from './controller-client.ts';
import { type Beginning, isEndingAtOnce, neverUp } from './never-up.ts';
import type { Services } from './service-up.ts';

const POLL_MS = 250;

export interface StartGuard {
  /** Why the candidate was given up; null: it was not. */
  readonly problem: Problem | null;
  stop(): void;
}

/**
 * Watches the candidate come up. The controller would try five times and then wait for a person; who
 * has just typed the command is that person, so the promotion is aborted with what the process said.
 */
export function guardStart(
  services: Services,
  client: ControllerClient,
  definition: ServiceDefinition,
  opened: { id: string; by: string; begun: Beginning },
): StartGuard {
  const { id, by, begun } = opened;
  const guard: { problem: Problem | null; stop(): void } = {
    problem: null,
    stop: () => {
      isStopped = true;
    },
  };
  let isStopped = false;
  let seenLast: InstanceProcess | null = null;
  const whyNot = (view: PromotionView, found: InstanceProcess | undefined): Problem | null => {
    // Given up by the keeper it is there no more, and what is known of it is what was seen last.
    seenLast = found ?? seenLast;
    const failed = startProblem(view);
    const isEnding = found !== undefined && isEndingAtOnce(found.process, begun);
    if (failed === null && !isEnding) return null;
    if (seenLast !== null) return neverUp(definition, seenLast, begun);
    return problem('unavailable', failed ?? 'the candidate does not start');
  };
  const look = async (): Promise<void> => {
    while (!isStopped) {
      const [seen, view] = [await client.promotion(id), await services.view(definition.name)];
      if (isStopped || (seen.ok && seen.value.outcome !== null)) return;
      const instances = view.ok ? (view.value.keeper?.instances ?? []) : [];
      const candidate = instances.find(({ track }) => track === 'candidate');
      if (candidate?.process.up === true) return;
      const why = seen.ok ? whyNot(seen.value, candidate) : null;
      if (why !== null) {
        const reason = 'the candidate did not come up';
        const body: Order = { id, command: 'abort', by, reason };
        const aborted = await client.ask(PromotionView, 'POST', '/command', body);
        guard.problem = aborted.ok ? why : null;
        if (aborted.ok) return;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  };
  void look();
  return guard;
}

/** What the first failed attempt to start said. */
function startProblem({ waiting }: PromotionView): string | null {
  const failed = waiting.find(
    ({ on, text }) => (on === 'retry' || on === 'person') && text.startsWith('start ('),
  );
  return failed?.text ?? null;
}
