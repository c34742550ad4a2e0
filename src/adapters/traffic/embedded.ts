import { join } from 'node:path';
import { ok, type Result } from '../../base/result.ts';
import type { Fence, TrafficDriver, TrafficState, WeightOrder } from '../../engine/ports.ts';
import { callAdmin } from '../../process/admin-client.ts';
import { socketPath } from '../../process/socket-path.ts';
import { parse } from '../../protocol/parse.ts';
import { SplitterState } from '../../protocol/splitter.ts';

/** A splitter answers from memory, after at most one write to its disk. */
const DEADLINE_MS = 5_000;

/** Aurora's own splitter of a service, spoken to on its unix socket. */
export class EmbeddedTraffic implements TrafficDriver {
  private readonly servicesFolder: string;

  constructor(servicesFolder: string) {
    this.servicesFolder = servicesFolder;
  }

  async setWeights(service: string, order: WeightOrder): Promise<Result<void>> {
    return nothing(await this.call(service, 'PUT', '/order', order));
  }

  async renew(service: string, fence: Fence): Promise<Result<void>> {
    return nothing(await this.call(service, 'POST', '/renew', fence));
  }

  async observe(service: string): Promise<Result<TrafficState>> {
    const state = await this.call(service, 'GET', '/state');
    if (!state.ok) return state;
    const { fence, weights, fallbackApplied } = state.value;
    return ok({ fence, weights, fallbackApplied });
  }

  private async call(
    service: string,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<Result<SplitterState>> {
    const socket = socketPath(join(this.servicesFolder, service), 'splitter');
    if (!socket.ok) return socket;
    const answer = await callAdmin(socket.value, { method, path, body, deadlineMs: DEADLINE_MS });
    return answer.ok ? parse(SplitterState, answer.value, `the splitter of ${service}`) : answer;
  }
}

function nothing(result: Result<unknown>): Result<void> {
  return result.ok ? ok(undefined) : result;
}
