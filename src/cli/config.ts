import { type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Problem, problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { OptionDefinition } from './command.ts';

/** A value that may come from five places: flag, environment, project file, user file, default. */
export interface Setting {
  /** The flag's long name: `profiles-dir`. */
  flag: string;
  /** In files: `profilesDir`. */
  key: string;
  env: string;
  /** In a file it begins where the file stands, not where the caller does. */
  isPath: boolean;
  /** Empty: any text. */
  choices: readonly string[];
}

/** What a file says, and where. */
export interface FileValue {
  value: string;
  kind: 'project file' | 'user file';
  /** `aurora.yaml:2:8` */
  place: string;
}

/** By the flag's long name. */
export type FileValues = ReadonlyMap<string, FileValue>;

export const SETTINGS: readonly Setting[] = [
  { flag: 'state', key: 'state', env: 'AURORA_STATE', isPath: true, choices: [] },
  {
    flag: 'output',
    key: 'output',
    env: 'AURORA_OUTPUT',
    isPath: false,
    choices: ['table', 'wide', 'json', 'yaml'],
  },
  { flag: 'by', key: 'by', env: 'AURORA_BY', isPath: false, choices: [] },
  {
    flag: 'profiles-dir',
    key: 'profilesDir',
    env: 'AURORA_PROFILES_DIR',
    isPath: true,
    choices: [],
  },
];

/**
 * The setting that an option takes its value from where the flag is not given; null: none. A command
 * with formats of its own (`ledger show -o body`) is not meant by the setting for all others.
 */
export function settingOf({ flags, choices = [] }: OptionDefinition): Setting | null {
  const long = /--([a-z-]+)/.exec(flags)?.[1];
  const setting = SETTINGS.find(({ flag }) => flag === long);
  if (setting === undefined) return null;
  return setting.choices.every((one) => choices.includes(one)) ? setting : null;
}

const PROJECT_FILE = 'aurora.yaml';

/**
 * What `aurora.yaml` of the working folder, or of the nearest one above it, says; and, where that is
 * silent, the user's own file. `invalid-file` names file, line and column. Without files it costs a
 * look for each.
 */
export async function fileSettings(
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<Result<FileValues>> {
  const values = new Map<string, FileValue>();
  for (const { path, kind } of [projectFile(folder), userFile(env)].filter((one) => one !== null)) {
    const stranger = strangerOf(path);
    if (stranger !== null) return fail(stranger);
    const { readConfigFile } = await import('./config-file.ts');
    const read = readConfigFile(path, kind);
    if (!read.ok) return read;
    for (const [flag, value] of read.value) if (!values.has(flag)) values.set(flag, value);
  }
  return ok(values);
}

interface ConfigFile {
  path: string;
  kind: FileValue['kind'];
}

function projectFile(folder: string): ConfigFile | null {
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, PROJECT_FILE);
    if (statOf(path)?.isFile() === true) return { path, kind: 'project file' };
    if (dirname(at) === at) return null;
  }
}

function userFile({ XDG_CONFIG_HOME, HOME }: NodeJS.ProcessEnv): ConfigFile | null {
  const folder = XDG_CONFIG_HOME || (HOME ? join(HOME, '.config') : '');
  if (!folder.startsWith('/')) return null;
  const path = join(folder, 'aurora', 'config.yaml');
  return statOf(path)?.isFile() === true ? { path, kind: 'user file' } : null;
}

/** A folder that may not be looked into holds nothing for its caller. */
function statOf(path: string): Stats | null {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null;
  } catch {
    return null;
  }
}

/**
 * Below a folder that all may write to, such as /tmp, anybody could lead the caller to a controller
 * of his own: what a stranger wrote is not followed.
 */
function strangerOf(path: string): Problem | null {
  const owner = statOf(path)?.uid;
  if (owner === undefined || owner === 0 || owner === process.getuid?.()) return null;
  const hint = 'remove it, or take it over: chown';
  return problem('not-allowed', `${path} belongs to another user`, hint);
}
