import type { Static } from 'typebox';
import * as Type from 'typebox';
import { Fence, TrackName } from './splitter.ts';

/**
 * What is said to a keeper over its unix socket, as HTTP with JSON bodies (process/admin-server.ts):
 *
 *   GET  /state                 -> KeeperState
 *   POST /start   StartInstance -> KeeperState  answers when it is healthy; `refused`: an older fence, a digest
 *                                               that differs; `unavailable`: it did not become healthy in time.
 *                                               A baseline is what stable is: version, command and artifacts are stable's
 *   POST /stop-track  StopTrack -> KeeperState  drained, then stopped; what does not run is stopped already
 *   POST /adopt        Adoption -> KeeperState  the candidate's instance is stable now, the old stable is gone
 *   POST /replace-splitter {program} -> KeeperState  no request is dropped
 *   POST /stop                  -> null         stops tracks and splitter, then exits
 */
const strict = { additionalProperties: false };
const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Version = Type.String({ pattern: '^[0-9A-Za-z][0-9A-Za-z.+-]{0,127}$' });

export const StartInstance = Type.Object(
  {
    fence: Fence,
    track: TrackName,
    instance: Type.String({ minLength: 1, maxLength: 1_000 }),
    version: Version,
    /** In place of the service's own command; null: that one, with this version filled in. */
    command: Type.Union([Type.Null(), Type.String({ minLength: 1, maxLength: 10_000 })]),
    /** Files, relative to the service's working folder, checked at each start. */
    artifacts: Type.Array(
      Type.Object(
        { name: Type.String({ minLength: 1 }), sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }) },
        strict,
      ),
    ),
  },
  strict,
);
export type StartInstance = Static<typeof StartInstance>;

export const StopTrack = Type.Object({ fence: Fence, track: TrackName }, strict);
export type StopTrack = Static<typeof StopTrack>;

/** `version`: the GA version that the candidate's build is called from now on. */
export const Adoption = Type.Object({ fence: Fence, version: Version }, strict);
export type Adoption = Static<typeof Adoption>;

/** How a process ended. Both null: it ended while no keeper was there to see how. */
export const Exit = Type.Object({
  atMs: Count,
  code: Type.Union([Type.Integer(), Type.Null()]),
  signal: Type.Union([Type.String(), Type.Null()]),
});
export type Exit = Static<typeof Exit>;

export const ProcessState = Type.Object({
  /** null while it does not run (between an exit and the restart), or where no keeper started it. */
  pid: Type.Union([Count, Type.Null()]),
  up: Type.Boolean(),
  startedMs: Count,
  restarts: Count,
  /** The newest ones, oldest first. */
  exits: Type.Array(Exit),
  rssBytes: Count,
  /** Processor time since its start, of the whole process group. */
  cpuMs: Count,
});
export type ProcessState = Static<typeof ProcessState>;

export const InstanceProcess = Type.Object({
  track: TrackName,
  instance: Type.String(),
  version: Type.String(),
  /** As it was given: what starts it, or the address at which it runs already. */
  command: Type.String(),
  port: Count,
  process: ProcessState,
});
export type InstanceProcess = Static<typeof InstanceProcess>;

export const KeeperState = Type.Object({
  pid: Count,
  service: Type.String(),
  fence: Fence,
  splitter: ProcessState,
  instances: Type.Array(InstanceProcess),
});
export type KeeperState = Static<typeof KeeperState>;
