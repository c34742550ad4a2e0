import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';

export interface LoadOptions {
  port: number;
  ratePerSecond: number;
  /** Taken in turn. */
  paths: readonly string[];
  /** Kept alive; at most so many requests are open at once, the others wait, and that counts. */
  connections: number;
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  /** From the moment a request was due to the end of its answer. */
  timeoutMs?: number;
}

export interface LoadFailure {
  /** Since the load began. */
  atMs: number;
  path: string;
  error: string;
  /** null: no answer began. */
  status: number | null;
  /** Of the track that answered; null: none did, or the answer was not a track's. */
  version: string | null;
  instance: string | null;
  /** The connection had carried a request before: its other side may just have closed it. */
  reused: boolean;
}

export interface LoadReport {
  sent: number;
  ok: number;
  failed: LoadFailure[];
  /** Answers, failed ones too, by the instance that gave them. */
  byInstance: Record<string, number>;
  byVersion: Record<string, number>;
  /** Of the answers that were ok, from the moment they were due: a load that lags is seen. */
  latencyMs: { p50: number; p95: number; p99: number; max: number };
  elapsedMs: number;
}

export interface Load {
  /** Sends no more, waits for what is open. */
  stop(): Promise<LoadReport>;
  readonly sent: number;
  readonly failedSoFar: readonly LoadFailure[];
}

const TICK_MS = 2;
const TIMEOUT_MS = 15_000;

interface Who {
  version: string | null;
  instance: string | null;
}

/** Requests at a steady rate whatever the answers do: an open loop. Status 2xx and 3xx are ok. */
export function startLoad(options: LoadOptions): Load {
  const { ratePerSecond, paths, connections } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: connections, scheduling: 'fifo' });
  const failed: LoadFailure[] = [];
  const latencies: number[] = [];
  const byInstance: Record<string, number> = {};
  const byVersion: Record<string, number> = {};
  const open = new Set<Promise<void>>();
  const startMs = performance.now();
  let sent = 0;
  const count = ({ version, instance }: Who): void => {
    if (version !== null) byVersion[version] = (byVersion[version] ?? 0) + 1;
    if (instance !== null) byInstance[instance] = (byInstance[instance] ?? 0) + 1;
  };
  const send = (): void => {
    const dueMs = startMs + (sent * 1_000) / ratePerSecond;
    const path = paths[sent % paths.length] ?? '/';
    sent += 1;
    const one = sendOne(options, agent, path, dueMs).then((outcome) => {
      count(outcome);
      const { error, latencyMs, ...rest } = outcome;
      if (error === null) latencies.push(latencyMs);
      else failed.push({ atMs: dueMs - startMs, path, error, ...rest });
      open.delete(one);
    });
    open.add(one);
  };
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startMs) * ratePerSecond) / 1_000);
    while (sent < due) send();
  }, TICK_MS);
  const stop = async (): Promise<LoadReport> => {
    clearInterval(timer);
    await Promise.all(open);
    agent.destroy();
    const elapsedMs = performance.now() - startMs;
    const ok = latencies.length;
    const latencyMs = percentiles(latencies);
    return { sent, ok, failed, byInstance, byVersion, latencyMs, elapsedMs };
  };
  return {
    stop,
    get sent() {
      return sent;
    },
    failedSoFar: failed,
  };
}

interface Outcome extends Who {
  error: string | null;
  status: number | null;
  reused: boolean;
  latencyMs: number;
}

function sendOne(
  options: LoadOptions,
  agent: Agent,
  path: string,
  dueMs: number,
): Promise<Outcome> {
  const { port, method = 'GET', headers = {}, body, timeoutMs = TIMEOUT_MS } = options;
  return new Promise((resolve) => {
    let response: IncomingMessage | null = null;
    const signal = AbortSignal.timeout(timeoutMs);
    const asked = request({ host: '127.0.0.1', port, path, method, headers, agent, signal });
    const settle = (error: string | null): void => {
      const status = response?.statusCode ?? null;
      const { reusedSocket: reused } = asked;
      const latencyMs = performance.now() - dueMs;
      resolve({ error, status, reused, latencyMs, ...whoAnswered(response?.headers ?? {}) });
    };
    asked.on('error', (error) => {
      settle(signal.aborted ? `no answer within ${timeoutMs} ms` : error.message);
    });
    asked.on('response', (answer) => {
      response = answer;
      const { statusCode = 0 } = answer;
      answer.resume();
      answer.on('error', (error) => settle(`the answer broke off: ${error.message}`));
      answer.on('end', () => {
        if (!answer.complete) settle('the answer broke off');
        else settle(statusCode >= 200 && statusCode < 400 ? null : `status ${statusCode}`);
      });
    });
    asked.end(body);
  });
}

function whoAnswered(headers: IncomingHttpHeaders): Who {
  const one = (name: string): string | null => headers[name]?.toString() ?? null;
  return { version: one('x-sample-version'), instance: one('x-sample-instance') };
}

function percentiles(values: readonly number[]): LoadReport['latencyMs'] {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
