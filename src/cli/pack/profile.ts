import { basename } from 'node:path';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Plan } from '../../core/plan/plan.ts';
import { readBytes } from '../files.ts';
import { placeOf, readProfile } from '../profile-files.ts';

/** The profile that a plan names, once its file has shown to be that one; null: none was named. */
export function profileOf(
  plan: Plan | null,
  path: string | null,
): Result<{ name: string; body: Uint8Array } | null> {
  if (path === null) return ok(null);
  const wanted = plan?.profile ?? null;
  if (wanted === null) {
    return fail(problem('usage', 'no profile is released with it', 'leave --profile out'));
  }
  const parsed = readProfile(placeOf(path.includes('/') ? path : `./${path}`, '.'));
  if (!parsed.ok) return parsed;
  if (parsed.value.sha256 !== wanted.sha256) {
    const message = `${path} is not the profile ${wanted.name} that was released`;
    return fail(problem('lock-mismatch', message, 'take it from the commit of the release'));
  }
  const bytes = readBytes(path);
  return bytes.ok ? ok({ name: basename(path), body: bytes.value }) : bytes;
}
