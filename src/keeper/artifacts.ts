import { createHash } from 'node:crypto';
import { createReadStream, realpathSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { StartInstance } from '../protocol/keeper.ts';

/**
 * Whether the files that are about to run are those of the release. `refused` naming the file and
 * both digests; also for a name that leads out of the working folder, by dots or by a link.
 */
export async function checkArtifacts(
  cwd: string,
  artifacts: StartInstance['artifacts'],
): Promise<Result<void>> {
  for (const { name, sha256 } of artifacts) {
    const path = insideOf(cwd, name);
    if (!path.ok) return path;
    const found = await digest(path.value);
    if (!found.ok) return found;
    if (found.value !== sha256) {
      const message = `${name} is not the file of the release: expected ${sha256}, found ${found.value}`;
      return fail(problem('refused', message, 'build it again, or release what is there'));
    }
  }
  return ok(undefined);
}

function insideOf(cwd: string, name: string): Result<string> {
  let path: string;
  try {
    path = realpathSync(join(cwd, name));
  } catch {
    return fail(problem('refused', `the artifact ${name} is not in ${cwd}`));
  }
  const place = relative(realpathSync(cwd), path);
  if (place.startsWith('..') || isAbsolute(place) || isAbsolute(name)) {
    return fail(problem('refused', `the artifact ${name} lies outside of ${cwd}`));
  }
  return ok(path);
}

async function digest(path: string): Promise<Result<string>> {
  const hash = createHash('sha256');
  try {
    for await (const part of createReadStream(path)) hash.update(part);
  } catch (error) {
    return fail(problem('refused', `${path}: ${String(error)}`));
  }
  return ok(hash.digest('hex'));
}
