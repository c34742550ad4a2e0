import { parseTrackAddress } from '../../../base/track-address.ts';
import type { Plan } from '../plan.ts';
import type { Scope } from '../resolve/scope.ts';
import { error, type Rule, rule } from './rule.ts';

export const RELEASE_RULES: readonly Rule[] = [
  rule(['release'], candidate),
  rule(['release'], artifactNames),
  rule(['release'], command),
  rule(['release', 'decision'], artifacts),
];

function candidate(scope: Scope, { release }: Pick<Plan, 'release'>): void {
  const suffix = release.candidate.slice(release.version.length);
  if (release.candidate.startsWith(release.version) && /^-rc\.?[1-9]\d{0,5}$/.test(suffix)) return;
  const { version } = release;
  const message = `expected ${version} with -rc.N or -rcN behind it, found "${release.candidate}"`;
  scope.report(['release', 'candidate'], error('not-a-candidate', message, `${version}-rc.1`));
}

/** An address is checked as one; and of what runs elsewhere no digest can be checked. */
function command(scope: Scope, { release }: Pick<Plan, 'release'>): void {
  const address = release.command === null ? null : parseTrackAddress(release.command);
  if (address === null) return;
  const path = ['release', 'command'];
  if (!address.ok) {
    const { message, hint } = address.problem;
    scope.report(path, error('wrong-value', message, hint));
  } else if (release.artifacts.length > 0) {
    const message = 'artifacts cannot be checked at an address: what answers there may be anything';
    scope.report(path, error('artifacts-elsewhere', message, 'a command that starts them'));
  }
}

function artifactNames(scope: Scope, { release }: Pick<Plan, 'release'>): void {
  const names = release.artifacts.map(({ name }) => name);
  for (const [index, name] of names.entries()) {
    const first = names.indexOf(name);
    if (first === index) continue;
    const message = `the name "${name}" is taken by artifacts[${first}]`;
    const path = ['release', 'artifacts', index, 'name'];
    scope.report(path, error('duplicate-name', message));
  }
}

/** A decision binds digests: without them nobody knows what was signed. */
function artifacts(scope: Scope, { release, decision }: Pick<Plan, 'release' | 'decision'>): void {
  if (decision !== 'signed' || release.artifacts.length > 0) return;
  const message = 'a signed decision without the digest of any artifact';
  const hint = 'release.artifacts, or decision: none (then it is never GA)';
  scope.reportKey(['release'], error('no-artifacts', message, hint));
}
