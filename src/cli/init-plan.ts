import { createHash } from 'node:crypto';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { parseTrackAddress } from '../base/track-address.ts';
import { candidateVersion } from './canary-plan.ts';
import type { CommandArgs } from './command.ts';
import { readBytes } from './files.ts';
import type { StarterOptions } from './starter-plan.ts';

/** What `init` is to write: a plan without its signers, and where. */
export interface InitPlan {
  /** As it was given: what is printed is typed where this was. */
  folder: string;
  stableCommand: string;
  stableVersion: string;
  listen: string;
  plan: Omit<StarterOptions, 'signers'>;
}

/** Times of a service that people watch: an hour from the first share to everything. */
const INTERVAL_MS = 10_000;
const CANARY_MS = 20 * 60_000;
const WEIGHTS_PCT = [10, 25, 50];

/** `usage` names the word that is off. Nothing is written yet. */
export function initPlan(args: CommandArgs): Result<InitPlan> {
  const [stableCommand, command] = [args.text('stable') ?? '', args.text('candidate') ?? ''];
  for (const one of [stableCommand, command]) {
    const address = parseTrackAddress(one);
    if (address?.ok === false) return address;
  }
  if (parseTrackAddress(command) !== null) {
    const message = 'people sign for files, and nobody can tell which files run at an address';
    const hint =
      'give the command that starts the candidate; or auroractl canary, without signatures';
    return fail(problem('usage', message, hint));
  }
  const folder = args.text('folder') ?? '.';
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    return fail(problem('not-found', `${resolve(folder)} is no folder`, 'make it first'));
  }
  const artifacts = artifactsOf(folder, command, args.texts('artifact'));
  if (!artifacts.ok) return artifacts;
  const stableVersion = args.text('stable-version') ?? '';
  const versions = candidateVersion(args.text('candidate-version'), stableVersion, null);
  if (!versions.ok) return versions;
  return ok({
    ...{ folder, stableCommand, stableVersion, listen: args.text('listen') ?? '' },
    plan: {
      ...{ service: args.text('service') ?? '', stable: stableVersion, ...versions.value, command },
      ...{ artifacts: artifacts.value, intervalMs: INTERVAL_MS, weightsPct: WEIGHTS_PCT },
      ...{ canaryMs: CANARY_MS, load: null },
    },
  });
}

/** As a shell would part them: what stands in quotes is one word. */
function wordsOf(command: string): string[] {
  const words = command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g);
  return [...words].map(([, single, double, bare]) => single ?? double ?? bare ?? '');
}

/** Digests of the files that were named or, where none was, of those that the command names. */
function artifactsOf(
  folder: string,
  command: string,
  given: readonly string[],
): Result<StarterOptions['artifacts']> {
  const names = given.length > 0 ? given : wordsOf(command).filter((word) => isIn(folder, word));
  if (names.length === 0) {
    const message = `no word of '${command}' is a file in ${folder}: what is released?`;
    return fail(problem('usage', message, 'name its files: --artifact FILE'));
  }
  const artifacts: { name: string; sha256: string }[] = [];
  for (const name of new Set(names)) {
    if (!isIn(folder, name)) {
      const message = `the artifact ${name} is no file in ${folder}`;
      return fail(problem('usage', message, 'give it relative to --folder'));
    }
    const bytes = readBytes(join(folder, name));
    if (!bytes.ok) return bytes;
    artifacts.push({ name, sha256: createHash('sha256').update(bytes.value).digest('hex') });
  }
  return ok(artifacts);
}

/** A file below the folder, links followed: as the keeper will check it at each start. */
function isIn(folder: string, name: string): boolean {
  const path = join(folder, name);
  if (name === '' || isAbsolute(name) || !existsSync(path) || !statSync(path).isFile())
    return false;
  return !relative(realpathSync(folder), realpathSync(path)).startsWith('..');
}
