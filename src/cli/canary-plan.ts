import { join, resolve } from 'node:path';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { formatFinding, parsePlan } from '../core/plan/check-plan.ts';
import type { CanaryWish } from './canary-options.ts';
import { readText, writeText } from './files.ts';
import type { RunningService } from './service-up.ts';
import { starterPlan } from './starter-plan.ts';

export interface CanaryPlan {
  path: string;
  text: string;
  /** It makes its own requests. */
  isLoaded: boolean;
}

/** Writes the plan of a canary to the state directory; what it was before is in the ledger. */
export function canaryPlan(
  state: string,
  wish: CanaryWish,
  { definition, stable }: RunningService,
): Result<CanaryPlan> {
  const { name, candidate: command, weightsPct, canaryMs, load } = wish;
  const path = join(resolve(state), 'plans', `${name}.yaml`);
  const versions = candidateVersion(wish.candidateVersion, stable.version, lastCandidate(path));
  if (!versions.ok) return versions;
  const text = starterPlan({
    ...{ service: name, stable: stable.version, ...versions.value, command },
    ...{ artifacts: [], weightsPct, canaryMs, load, signers: [] },
    intervalMs: definition.traffic.intervalMs,
  });
  const { plan, findings } = parsePlan(path, text, {});
  if (plan === null) {
    const errors = findings.filter(({ level }) => level === 'error').map(formatFinding);
    return fail(problem('usage', ['no sound plan comes of these words', ...errors].join('\n')));
  }
  const written = writeText(path, text);
  return written.ok ? ok({ path, text, isLoaded: load !== null }) : written;
}

interface Versions {
  version: string;
  candidate: string;
}

/** The next minor version, or the one that is wanted; each try gets a number of its own. */
export function candidateVersion(
  wanted: string | null,
  stable: string,
  last: string | null,
): Result<Versions> {
  const [, digits, rc] = /^(\d+\.\d+\.\d+)(-rc\.?[1-9]\d*)?$/.exec(wanted ?? '') ?? [];
  if (wanted !== null && digits === undefined) {
    const hint = 'such as 1.2.0 or 1.2.0-rc.1';
    return fail(problem('usage', `expected X.Y.Z as --candidate-version, found '${wanted}'`, hint));
  }
  const version = digits ?? nextMinor(stable);
  if (version === null) {
    const message = `what follows ${stable} is not clear: say what the candidate is called`;
    return fail(problem('usage', message, '--candidate-version X.Y.Z'));
  }
  if (version === stable) {
    const message = `${stable} is what stable is called: the candidate needs a version of its own`;
    return fail(problem('usage', message, '--candidate-version X.Y.Z'));
  }
  if (rc !== undefined) return ok({ version, candidate: `${version}${rc}` });
  const tried = last?.startsWith(`${version}-rc`) ? Number(/\d+$/.exec(last)?.[0] ?? 0) : 0;
  return ok({ version, candidate: `${version}-rc.${tried + 1}` });
}

function nextMinor(version: string): string | null {
  const [, major, minor] = /^(\d+)\.(\d+)\.\d+(?:[-+].*)?$/.exec(version) ?? [];
  return major === undefined ? null : `${major}.${Number(minor) + 1}.0`;
}

/** Of the plan that this one takes the place of. */
function lastCandidate(path: string): string | null {
  const text = readText(path);
  if (!text.ok) return null;
  return parsePlan(path, text.value, {}).plan?.release.candidate ?? null;
}
