import type { Controller } from '../app-controller.ts';
import type { Problem } from '../base/problem.ts';
import { PlanWatch } from './plan-watch.ts';

/** No round later than this after the last, so that a late interval is not a late rollback. */
const ROUND_MS = 1_000;

export interface ControllerLoop {
  /** The next round begins now. */
  wake(): void;
  /** Resolves when no round is under way; what is on its way is found at the next start. */
  stop(): Promise<void>;
}

/** Round after round, until it is stopped or can write no more; then the process ends and says why. */
export function controllerLoop(
  controller: Controller,
  failed: (problem: Problem) => never,
): ControllerLoop {
  const { engine } = controller;
  const plans = new PlanWatch(controller);
  let isStopped = false;
  let wakeUp: () => void = () => {};
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const run = async (): Promise<void> => {
    while (!isStopped) {
      await plans.look(performance.now());
      const due = await engine.turn();
      // What was not written may or may not be there: only a start from the ledger tells.
      if (engine.problem !== null) failed(engine.problem);
      const untilDue = due === null ? ROUND_MS : due - Date.now();
      await pause(Math.max(1, Math.min(untilDue, ROUND_MS)));
    }
  };
  const running = run();
  return {
    wake: () => wakeUp(),
    stop: async () => {
      isStopped = true;
      wakeUp();
      await running;
    },
  };
}
