import { request } from 'node:http';
import * as Type from 'typebox';
import type { ServiceView } from '../app.ts';
import { present } from '../base/assert.ts';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { callAdmin } from '../process/admin-client.ts';
import { socketPath } from '../process/socket-path.ts';
import { parse } from '../protocol/parse.ts';
import { SplitterInterval, type TrackCounts } from '../protocol/splitter.ts';
import { pollUntil, type Until } from './drill-watch.ts';

const CALL_MS = 2_000;
/** Long enough for a first request to be answered and counted, if one comes at all. */
const SILENCE_INTERVALS = 3;
const SILENCE_MS = 20_000;
const Intervals = Type.Array(SplitterInterval);

/**
 * Answers when the splitter has counted an answer of the candidate's in an interval after `afterSeq`:
 * it is told at the interval's end, so it may be known an interval later than it came. A service
 * that nobody uses just then is asked for its health, through its door; where it has no health path
 * only its users can show that the backup answers.
 */
export async function untilFirstAnswer(
  { definition, splitter }: ServiceView,
  folder: string,
  afterSeq: number,
  until: Until,
): Promise<Result<void>> {
  const socket = socketPath(folder, 'splitter');
  if (!socket.ok) return socket;
  const { host, port } = present(splitter, 'a drill begins with a splitter that answers');
  const { healthPath } = definition.workload;
  const look = async (): Promise<true | null> => {
    if (healthPath !== null) await ask(host, port, healthPath);
    const path = `/intervals?after=${afterSeq}&limit=10000`;
    const asked = await callAdmin(socket.value, { method: 'GET', path, deadlineMs: CALL_MS });
    const intervals = asked.ok ? parse(Intervals, asked.value, 'intervals') : asked;
    if (!intervals.ok) return null;
    return intervals.value.some(({ candidate }) => answersOf(candidate) > 0) ? true : null;
  };
  const enoughMs =
    performance.now() + SILENCE_INTERVALS * definition.traffic.intervalMs + SILENCE_MS;
  const soon = { ...until, deadlineMs: Math.min(until.deadlineMs, enoughMs) };
  const found = await pollUntil(look, soon, 'the first answer of the backup');
  if (found.ok) return ok(undefined);
  const message = 'no answer of the backup was counted: no request came, or none was answered';
  return fail(problem('unavailable', message, "where nobody asks just then: --load '10rps /'"));
}

/** Whole answers that are no errors of the track's. */
function answersOf(counts: TrackCounts | null): number {
  if (counts === null) return 0;
  const { requests, connectErrors, timeouts, serverErrors, truncated, aborts } = counts;
  return requests - connectErrors - timeouts - serverErrors - truncated - aborts;
}

/** What comes back is counted by the splitter; nobody reads it here. */
function ask(host: string, port: number, path: string): Promise<void> {
  const reachable = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(CALL_MS);
    const asked = request({ host: reachable, port, path, agent: false, signal }, (answer) => {
      answer.resume();
      answer.on('error', () => resolve());
      answer.on('end', () => resolve());
    });
    asked.on('error', () => resolve());
    asked.end();
  });
}
