import { basename, dirname, join } from 'node:path';
import { type Problem, problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { formatFinding } from '../core/plan/finding.ts';
import { meant } from '../core/plan/nearest.ts';
import { parseProfile } from '../core/profile/parse.ts';
import type { ParsedProfile } from '../core/profile/profile.ts';
import type { ReadProfile } from '../core/profile/validate.ts';
import type { OptionDefinition } from './command.ts';
import { listFiles, readBytes } from './files.ts';

const ENDING = '.yaml';

export const PROFILES_DIR_OPTION: OptionDefinition = {
  flags: '--profiles-dir <folder>',
  summary: 'where profiles are looked up by name',
  default: 'profiles',
  env: 'AURORA_PROFILES_DIR',
  completes: 'folder',
};

/** Where a profile and its locks stand. */
export interface ProfilePlace {
  /** `r2` of `profiles/r2.yaml`. */
  name: string;
  path: string;
  lockPath: string;
  /** The older format's, read only to migrate. */
  olderLockPath: string;
}

/** A profile by its name in the folder, or by a path, which has a `/` or ends in .yaml. */
export function placeOf(word: string, folder: string): ProfilePlace {
  const isPath = word.includes('/') || word.endsWith(ENDING);
  const path = isPath ? word : join(folder, `${word}${ENDING}`);
  const name = basename(path).replace(/\.ya?ml$/, '');
  return {
    name,
    path,
    lockPath: join(dirname(path), `${name}.lock.json`),
    olderLockPath: `${path}.lock`,
  };
}

/** The named profiles, or all of the folder; `not-found` for a folder without any. */
export function placesOf(words: readonly string[], folder: string): Result<ProfilePlace[]> {
  if (words.length > 0) return ok(words.map((word) => placeOf(word, folder)));
  const names = listFiles(folder, ENDING);
  const hint = 'name profiles, or the folder they are in: --profiles-dir FOLDER';
  if (!names.ok) return fail({ ...names.problem, hint });
  if (names.value.length > 0) {
    return ok(names.value.map((name) => placeOf(join(folder, name), folder)));
  }
  return fail(problem('not-found', `no profiles in ${folder}`, hint));
}

/** A profile without an error, or one problem whose message has a line for each of them. */
export function readProfile(place: ProfilePlace): Result<ParsedProfile> {
  const bytes = readBytes(place.path);
  if (!bytes.ok) return fail(missing(bytes.problem, place));
  const { parsed, findings } = parseProfile(place.path, bytes.value);
  if (parsed !== null) return ok(parsed);
  const lines = findings.map(formatFinding).join('\n');
  return fail(problem('invalid-file', lines));
}

/** For `validate`: faults of a file are part of the answer, a file that can't be read is not. */
export function readForValidation(place: ProfilePlace): Result<ReadProfile> {
  const bytes = readBytes(place.path);
  if (!bytes.ok) return fail(missing(bytes.problem, place));
  return ok({ name: place.name, ...parseProfile(place.path, bytes.value) });
}

function missing(found: Problem, place: ProfilePlace): Problem {
  if (found.code !== 'not-found') return found;
  const names = listFiles(dirname(place.path), ENDING);
  const known = names.ok ? names.value.map((name) => basename(name, ENDING)) : [];
  const hint = meant(place.name, known) ?? 'give the folder the profiles are in: --profiles-dir';
  return { ...found, hint };
}
