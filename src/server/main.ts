/**
 * The controller process: `node main.ts <state folder>`. The one writer of the ledger, and the one
 * that decides; everyone else speaks to its socket.
 */
import { openController } from '../app-controller.ts';
import type { Problem } from '../base/problem.ts';
import { serveAdmin } from '../process/admin-server.ts';
import { socketPath } from '../process/socket-path.ts';
import { controllerLoop } from './controller-loop.ts';
import { controllerRoutes } from './routes.ts';

const STOP_MS = 3_000;

function end({ message, hint }: Problem): never {
  process.stderr.write(`error: ${message}\n${hint === undefined ? '' : `hint: ${hint}\n`}`);
  process.exit(2);
}

const [folder = ''] = process.argv.slice(2);
const socket = socketPath(folder, 'controller');
if (!socket.ok) end(socket.problem);
const opened = await openController(folder);
if (!opened.ok) end(opened.problem);
const controller = opened.value;
const loop = controllerLoop(controller, end);
const stop = (): void => {
  // A round that waits for a process which does not answer is found again at the next start.
  setTimeout(() => process.exit(0), STOP_MS);
  void loop.stop().then(() => process.exit(0));
};
const routes = controllerRoutes(controller, loop.wake, stop);
const served = await serveAdmin(socket.value, routes);
if (!served.ok) end(served.problem);
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
process.on('SIGHUP', () => {});
