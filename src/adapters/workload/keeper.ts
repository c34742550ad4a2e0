import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type {
  AdoptOrder,
  InstanceState,
  StartOrder,
  StopOrder,
  WorkloadDriver,
} from '../../engine/ports.ts';
import { callAdmin } from '../../process/admin-client.ts';
import { ensureKeeper } from '../../process/ensure-process.ts';
import { socketPath } from '../../process/socket-path.ts';
import { KeeperState } from '../../protocol/keeper.ts';
import { parse } from '../../protocol/parse.ts';
import { stopMark } from './stop-mark.ts';

/** Longer than any deadline of health, drain and grace that lies within one order. */
const ORDER_MS = 300_000;

/** A service's keeper, spoken to on its unix socket; started anew where it does not answer. */
export class KeeperWorkload implements WorkloadDriver {
  private readonly servicesFolder: string;

  constructor(servicesFolder: string) {
    this.servicesFolder = servicesFolder;
  }

  async start(service: string, order: StartOrder): Promise<Result<void>> {
    return nothing(await this.call(service, 'POST', '/start', order));
  }

  async stop(service: string, order: StopOrder): Promise<Result<void>> {
    return nothing(await this.call(service, 'POST', '/stop-track', order));
  }

  async adopt(service: string, order: AdoptOrder): Promise<Result<void>> {
    return nothing(await this.call(service, 'POST', '/adopt', order));
  }

  async observe(service: string): Promise<Result<readonly InstanceState[]>> {
    const state = await this.call(service, 'GET', '/state');
    if (!state.ok) return state;
    return ok(
      state.value.instances.map(({ track, instance, version, process: { up } }) => {
        return { track, instance, version, up };
      }),
    );
  }

  private async call(
    service: string,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<Result<KeeperState>> {
    const folder = join(this.servicesFolder, service);
    if (existsSync(stopMark(folder))) {
      const hint = `auroractl service start ${service}`;
      return fail(problem('unavailable', `${service} was stopped on purpose`, hint));
    }
    const there = await ensureKeeper(folder);
    if (!there.ok) return there;
    const socket = socketPath(folder, 'keeper');
    if (!socket.ok) return socket;
    const answer = await callAdmin(socket.value, { method, path, body, deadlineMs: ORDER_MS });
    return answer.ok ? parse(KeeperState, answer.value, `the keeper of ${service}`) : answer;
  }
}

function nothing(result: Result<unknown>): Result<void> {
  return result.ok ? ok(undefined) : result;
}
