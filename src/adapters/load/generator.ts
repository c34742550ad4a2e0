import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { LoadOrder } from '../../core/promotion/load.ts';
import type { LoadGenerator } from '../../engine/ports.ts';
import { callAdmin } from '../../process/admin-client.ts';
import { programPath } from '../../process/program.ts';
import { socketPath } from '../../process/socket-path.ts';
import type { LoadTarget } from '../../protocol/load.ts';
import { parse } from '../../protocol/parse.ts';
import { SplitterState } from '../../protocol/splitter.ts';

interface Running {
  order: LoadOrder;
  child: ChildProcess;
}

const ASK_MS = 2_000;

/** One process a service that is to be under load; it ends with this one, whatever ends it. */
export class ProcessLoadGenerator implements LoadGenerator {
  private readonly servicesFolder: string;
  private readonly running = new Map<string, Running>();

  constructor(servicesFolder: string) {
    this.servicesFolder = servicesFolder;
  }

  async generate(service: string, order: LoadOrder | null): Promise<Result<void>> {
    const known = this.running.get(service);
    if (known !== undefined && order !== null && isSame(known, order)) return ok(undefined);
    if (known !== undefined) this.end(service, known);
    if (order === null) return ok(undefined);
    const target = await this.target(service, order);
    if (!target.ok) return target;
    this.start(service, order, target.value);
    return ok(undefined);
  }

  private async target(service: string, order: LoadOrder): Promise<Result<LoadTarget>> {
    const { ratePerSecond, path, to } = order;
    const folder = join(this.servicesFolder, service);
    const socket = socketPath(folder, 'splitter');
    if (!socket.ok) return socket;
    const probe = socketPath(folder, 'probe');
    if (!probe.ok) return probe;
    const call = { method: 'GET', path: '/state', deadlineMs: ASK_MS };
    const answer = await callAdmin(socket.value, call);
    if (!answer.ok) return answer;
    const state = parse(SplitterState, answer.value, `the splitter of ${service}`);
    if (!state.ok) return state;
    const { host, port } = state.value;
    const isProbe = to === 'candidate';
    if (isProbe && !existsSync(probe.value)) {
      const message = `load cannot reach the candidate of ${service} alone: its traffic is passed through as bytes`;
      return fail(problem('refused', message, 'give it a share first: a canary before the soak'));
    }
    const origin = `http://${reachable(host)}:${port}`;
    return ok({ ratePerSecond, path, origin, socketPath: isProbe ? probe.value : null });
  }

  private start(service: string, order: LoadOrder, target: LoadTarget): void {
    const child = spawn(process.execPath, [programPath('load')], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    const gone = (): void => {
      if (this.running.get(service)?.child === child) this.running.delete(service);
    };
    child.on('error', gone);
    child.on('exit', gone);
    child.stdin.on('error', () => {});
    child.stdin.write(`${JSON.stringify(target)}\n`);
    this.running.set(service, { order, child });
  }

  private end(service: string, { child }: Running): void {
    this.running.delete(service);
    child.stdin?.end();
  }
}

function isSame({ order: { ratePerSecond, path, to } }: Running, order: LoadOrder): boolean {
  return ratePerSecond === order.ratePerSecond && path === order.path && to === order.to;
}

/** A door on every address is reached by loopback. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
