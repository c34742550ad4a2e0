/** The keeper process: `node main.ts <service folder>`. Parent of a service's splitter and tracks. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '../base/problem.ts';
import { ok } from '../base/result.ts';
import { type AdminRoute, serveAdmin } from '../process/admin-server.ts';
import { takeLock } from '../process/exclusive-lock.ts';
import { logLine } from '../process/own-log.ts';
import { socketPath } from '../process/socket-path.ts';
import { Adoption, StartInstance, StopTrack } from '../protocol/keeper.ts';
import { parse } from '../protocol/parse.ts';
import { ServiceDefinition } from '../protocol/service.ts';
import { Replace } from '../protocol/splitter.ts';
import { Keeper } from './keeper.ts';

const CLOSE_MS = 200;

function end({ message, hint }: Problem): never {
  logLine(`error: ${message}${hint === undefined ? '' : `\nhint: ${hint}`}`);
  process.exit(2);
}

const [folder = ''] = process.argv.slice(2);
let file: unknown;
try {
  file = JSON.parse(readFileSync(join(folder, 'service.json'), 'utf8'));
  mkdirSync(join(folder, 'logs'), { recursive: true, mode: 0o700 });
} catch (error) {
  end({ code: 'usage', message: `${folder}/service.json: ${String(error)}` });
}
const definition = parse(ServiceDefinition, file, 'service.json');
if (!definition.ok) end(definition.problem);
const socket = socketPath(folder, 'keeper');
if (!socket.ok) end(socket.problem);
const lock = takeLock(join(folder, 'keeper.lock'), 'keeper');
if (!lock.ok && lock.problem.code === 'conflict') {
  // Two callers that start one at once: the service has its keeper.
  logLine(lock.problem.message);
  process.exit(0);
}
if (!lock.ok) end(lock.problem);
const started = await Keeper.start(folder, definition.value);
if (!started.ok) end(started.problem);
const keeper = started.value;

const routes: Readonly<Record<string, AdminRoute>> = {
  'GET /state': async () => ok(keeper.state),
  'POST /start': async (body) => {
    const order = parse(StartInstance, body, 'start');
    return order.ok ? await keeper.startInstance(order.value) : order;
  },
  'POST /stop-track': async (body) => {
    const order = parse(StopTrack, body, 'stop');
    return order.ok ? await keeper.stopTrack(order.value) : order;
  },
  'POST /adopt': async (body) => {
    const order = parse(Adoption, body, 'adopt');
    return order.ok ? await keeper.adopt(order.value) : order;
  },
  'POST /replace-splitter': async (body) => {
    const order = parse(Replace, body, 'replace');
    return order.ok ? await keeper.replaceSplitter(order.value.program) : order;
  },
  'POST /stop': async () => {
    const stopped = await keeper.stop();
    if (!stopped.ok) return stopped;
    setImmediate(() => void close());
    return ok(null);
  },
};
const served = await serveAdmin(socket.value, routes);
if (!served.ok) end(served.problem);

/** An order that still waits for its answer does not hold it: whoever asked asks the next keeper. */
async function close(): Promise<void> {
  setTimeout(() => process.exit(0), CLOSE_MS);
  if (served.ok) await served.value.close();
  process.exit(0);
}

/** What it keeps goes on without it, and is found again by the next. */
function leave(): void {
  keeper.leave();
  void close();
}
process.on('SIGTERM', leave);
process.on('SIGINT', leave);
process.on('SIGHUP', () => {});
