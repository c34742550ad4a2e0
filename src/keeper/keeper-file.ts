import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import Type, { type Static } from 'typebox';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { Exit, StartInstance } from '../protocol/keeper.ts';
import { parse } from '../protocol/parse.ts';
import { Fence } from '../protocol/splitter.ts';

const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Identity = Type.Object({ bootId: Type.String(), pid: Count, startTicks: Count });

const SavedProcess = Type.Object({
  /** Written before the process is started; `identity` after. Between the two it is found by it. */
  nonce: Type.String(),
  identity: Type.Union([Identity, Type.Null()]),
  startedMs: Count,
  restarts: Count,
  exits: Type.Array(Exit),
});
export type SavedProcess = Static<typeof SavedProcess>;

const { track, instance, version, command, artifacts } = StartInstance.properties;
const SavedInstance = Type.Object({
  track,
  instance,
  /** What it is called, and what its command is filled in with: they differ after an adoption. */
  version,
  build: version,
  command,
  artifacts,
  port: Count,
  process: SavedProcess,
});
export type SavedInstance = Static<typeof SavedInstance>;

/** `keeper.json`: everything that a keeper must know to go on where another one ended. */
const SavedKeeper = Type.Object({
  v: Type.Literal(1),
  fence: Fence,
  splitter: SavedProcess,
  instances: Type.Array(SavedInstance),
  /** Of no track any more, and not yet known to have ended. */
  leaving: Type.Array(SavedInstance),
  /** An adoption that the splitter has not acknowledged yet. */
  isAdopting: Type.Boolean(),
});
export type SavedKeeper = Static<typeof SavedKeeper>;

export const NO_PROCESS: SavedProcess = {
  nonce: '',
  identity: null,
  startedMs: 0,
  restarts: 0,
  exits: [],
};

/** What a keeper knows of a service that never ran. */
export function newKeeperFile(): SavedKeeper {
  return {
    v: 1,
    fence: { term: 0, generation: 0 },
    splitter: { ...NO_PROCESS },
    instances: [],
    leaving: [],
    isAdopting: false,
  };
}

/** `integrity` when the file is there and not what a keeper wrote; null when there is none. */
export function readKeeperFile(path: string): Result<SavedKeeper | null> {
  if (!existsSync(path)) return ok(null);
  const hint = 'restore it, or stop what runs of the service and remove the file';
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    return fail(problem('integrity', `${path}: ${String(error)}`, hint));
  }
  const saved = parse(SavedKeeper, value, path);
  return saved.ok ? saved : fail(problem('integrity', saved.problem.message, hint));
}

/** On stable storage when it returns; throws when the disk does not take it. */
export function writeKeeperFile(path: string, saved: SavedKeeper): void {
  const file = openSync(`${path}.new`, 'w', 0o600);
  try {
    writeSync(file, `${JSON.stringify(saved, null, 1)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
