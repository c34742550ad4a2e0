import type { Controller } from '../app-controller.ts';
import { type Problem, problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { serveAdmin } from '../process/admin-server.ts';
import { socketPath } from '../process/socket-path.ts';
import { readVersion } from '../process/version.ts';
import type { BackupLoop } from './backup-loop.ts';
import { controllerLoop } from './controller-loop.ts';
import { controllerMetrics } from './metrics.ts';
import { serveMetrics } from './metrics-server.ts';
import { controllerRoutes } from './routes.ts';

const STOP_MS = 3_000;

/**
 * Lets a controller work and answer, at the socket of its state directory, until it is told to stop;
 * then the process exits. `failed` is told when it can write no more. A page of metrics that can't be
 * served stops nothing: whatever else is wrong, a rollback must be possible.
 */
export async function serveController(
  folder: string,
  controller: Controller,
  failed: (problem: Problem) => never,
  backups: BackupLoop | null = null,
): Promise<Result<{ stop(): void }>> {
  const socket = socketPath(folder, 'controller');
  if (!socket.ok) return socket;
  const startedAtMs = Date.now();
  const version = readVersion();
  const metrics = await metricsOf(controller, { version, backups });
  const about = {
    ...{ pid: process.pid, version, term: controller.term, startedAtMs },
    metricsPort: metrics.ok ? metrics.value : null,
    metricsProblem: metrics.ok ? null : metrics.problem.message,
  };
  const loop = controllerLoop(controller, failed);
  const stop = (): void => {
    // A round that waits for a process which does not answer is found again at the next start.
    setTimeout(() => process.exit(0), STOP_MS);
    void Promise.all([loop.stop(), backups?.stop()]).then(() => {
      controller.close();
      process.exit(0);
    });
  };
  const routes = controllerRoutes(controller, { wake: () => loop.wake(), stop, about });
  const backup = backups === null ? {} : { 'GET /backup': async () => ok(backups.view()) };
  const served = await serveAdmin(socket.value, { ...routes, ...backup });
  return served.ok ? ok({ stop }) : served;
}

/** The port of the page: AURORA_METRICS_PORT, else one that the system gives. */
async function metricsOf(
  controller: Controller,
  about: { version: string; backups: BackupLoop | null },
): Promise<Result<number>> {
  const asked = process.env.AURORA_METRICS_PORT ?? '0';
  const port = Number(asked);
  if (!/^\d{1,5}$/.test(asked) || port > 65_535) {
    const message = `AURORA_METRICS_PORT: expected a port, found ${JSON.stringify(asked)}`;
    return fail(problem('usage', message));
  }
  return await serveMetrics(port, controllerMetrics(controller, about));
}
