import { type ChildProcess, spawn } from 'node:child_process';
import { Server } from 'node:net';
import { join } from 'node:path';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { callAdmin } from '../process/admin-client.ts';
import type { TrackCounts } from '../protocol/splitter.ts';
import type { Track } from './assigner.ts';
import { readSaved } from './saved-file.ts';
import type { Splitter } from './splitter.ts';

const START_DEADLINE_MS = 10_000;
const POLL_MS = 25;
/** How late an order may reach the requests of connections that the old one still holds. */
const FOLLOW_MS = 50;
const REPORT_MS = 500;

/**
 * A newer build takes over the listening sockets themselves: from the first to the last moment one of
 * the two accepts, and nothing that waits to be accepted is lost. The old one ends the connections
 * it holds as their clients let it: after the next answer, or when the stream on them ends.
 */
export async function replaceSplitter(
  splitter: Splitter,
  program: string | null,
): Promise<Result<{ pid: number }>> {
  // The successor binds the same socket path; whoever speaks meanwhile is refused and asks again.
  splitter.leaveAdmin();
  splitter.pauseMeasuring();
  const child = spawnSuccessor(splitter, program);
  const isThere = await answers(splitter.options.socketPath, child);
  if (!isThere || child.pid === undefined) {
    child.kill('SIGKILL');
    splitter.resumeMeasuring();
    const back = await splitter.serveAdmin();
    if (!back.ok) return back;
    return fail(problem('unavailable', 'the new splitter did not start; the old one goes on'));
  }
  child.unref();
  setImmediate(() => leave(splitter));
  return ok({ pid: child.pid });
}

function spawnSuccessor(splitter: Splitter, program: string | null): ChildProcess {
  const main = program ?? process.argv[1] ?? '';
  const sockets = [descriptor(splitter.door.server), descriptor(splitter.metrics)];
  return spawn(process.execPath, [...process.execArgv, main, splitter.options.folder], {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', ...sockets],
    env: { ...process.env, AURORA_INHERITED: '3,4' },
  });
}

/** Node has no public name for it; the file descriptor is what a child process inherits. */
function descriptor(server: object): number {
  const handle = (server as { _handle?: { fd?: number } })._handle;
  return handle?.fd ?? -1;
}

async function answers(socketPath: string, child: ChildProcess): Promise<boolean> {
  const deadline = performance.now() + START_DEADLINE_MS;
  while (performance.now() < deadline && child.exitCode === null && child.signalCode === null) {
    const call = { method: 'GET', path: '/state', deadlineMs: 1_000 };
    const state = await callAdmin(socketPath, call);
    if (state.ok && (state.value as { pid?: number }).pid === child.pid) return true;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return false;
}

/** Accepts nothing more, follows what the successor is ordered, and ends with its last connection. */
function leave(splitter: Splitter): void {
  const { door, metrics, plane, options } = splitter;
  door.sayGoodbye();
  // Not the HTTP server's own close: that cuts idle connections under a client about to ask.
  Server.prototype.close.call(door.server);
  metrics.close();
  splitter.store.close();
  plane.onChange = () => {};
  const path = join(options.folder, 'splitter.json');
  setInterval(() => {
    const saved = readSaved(path);
    if (!saved.ok || saved.value.stopped) return process.exit(0);
    if (saved.value.order !== null) plane.orders.follow(saved.value.order);
    plane.place({ ...saved.value.tracks, adopt: false });
  }, FOLLOW_MS);
  setInterval(() => void report(splitter), REPORT_MS);
}

/** Hands what was counted to the successor, and ends when nothing is open and nothing untold. */
async function report(splitter: Splitter): Promise<void> {
  const isLast = splitter.door.connections() === 0;
  const baseline = counted(splitter, 'baseline');
  const body = {
    stable: counted(splitter, 'stable'),
    candidate: counted(splitter, 'candidate'),
    // One that counted nothing is not named: the successor may be of a build that knows none.
    ...(baseline === null ? {} : { baseline }),
  };
  const call = { method: 'POST', path: '/absorb', body, deadlineMs: 5_000 };
  const told = await callAdmin(splitter.options.socketPath, call);
  if (!told.ok) return splitter.absorb(body);
  if (isLast) process.exit(0);
}

function counted({ plane }: Splitter, track: Track): TrackCounts | null {
  const upstream = plane.upstream(track);
  const counts = plane.meters[track].close(upstream?.place.instance ?? '', true);
  return upstream === null && counts.requests === 0 ? null : counts;
}
