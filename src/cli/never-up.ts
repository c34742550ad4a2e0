import { join } from 'node:path';
import { type Problem, problem } from '../base/problem.ts';
import { parseTrackAddress } from '../base/track-address.ts';
import type { InstanceProcess, ProcessState } from '../protocol/keeper.ts';
import type { ServiceDefinition } from '../protocol/service.ts';
import type { Context } from './command.ts';
import { lastLines, sizeOf } from './last-lines.ts';

/** When a process was told to start, and what its log held already. */
export interface Beginning {
  sinceMs: number;
  log: string;
  logBytes: number;
}

export type Role = 'stable' | 'candidate' | 'splitter';

/** Ends that often before it was ever healthy, it will not become so. */
const EXITS_MAX = 3;

/** Now, of a process in a service's folder. */
export function beginning(context: Context, folder: string, role: Role): Beginning {
  const log = join(folder, 'logs', `${role}.log`);
  return { sinceMs: context.nowMs(), log, logBytes: sizeOf(log) };
}

/** It ended again and again since then. */
export function isEndingAtOnce(process: ProcessState, { sinceMs }: Beginning): boolean {
  return process.exits.filter(({ atMs }) => atMs >= sinceMs).length >= EXITS_MAX;
}

/** Why a track is not up, with what its process said last and what may help. */
export function neverUp(
  definition: ServiceDefinition,
  found: InstanceProcess,
  begun: Beginning,
): Problem {
  const { workload } = definition;
  const { track, command, port } = found;
  if (parseTrackAddress(command) !== null) {
    const health =
      workload.healthPath === null ? '' : ` and answers ${workload.healthPath} with 2xx`;
    const message = `${track} at ${command} is not up: nothing listens there${health}`;
    return problem('unavailable', message, 'start it first; is it the right path for --health?');
  }
  const said = saidSince(begun);
  const exit = found.process.exits.findLast(({ atMs }) => atMs >= begun.sinceMs);
  if (exit !== undefined) {
    const how = exit.code === null ? `ended by ${exit.signal ?? 'a signal'}` : `code ${exit.code}`;
    const message = `${track} ends as soon as it is started (${how}): '${command}'${said}`;
    const hint =
      exit.code === NOT_FOUND
        ? `the shell does not find that program; it runs in ${workload.cwd}: --cwd`
        : `it runs in ${workload.cwd}, and is to listen on $PORT or {port}`;
    return problem('unavailable', message, hint);
  }
  const wanted =
    workload.healthPath === null
      ? `nothing listens on port ${port}, which it was given as $PORT`
      : `GET ${workload.healthPath} on port ${port}, which it was given as $PORT, is not answered with 2xx`;
  const message = `${track} runs and does not become healthy: ${wanted}${said}`;
  const hint = 'use {port} or $PORT in the command; --health, --health-deadline';
  return problem('unavailable', message, hint);
}

/** A shell's exit code for a program that it does not find: POSIX, 2.8.2. */
const NOT_FOUND = 127;

export function doorNotOpen(place: string, begun: Beginning): Problem {
  const message = `the door at ${place} does not open${saidSince(begun)}`;
  return problem('unavailable', message, 'give another door: --listen');
}

function saidSince({ log, logBytes }: Beginning): string {
  const lines = lastLines(log, logBytes);
  return lines.length === 0 ? '' : `; it said:${lines.map((line) => `\n  ${line}`).join('')}`;
}
