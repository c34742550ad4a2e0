import { FREEZE_RULES, lintFreezeEnds } from './lint/freezes.ts';
import { GATE_RULES, lintGateContents } from './lint/gates.ts';
import { JUDGE_RULES, lintEdgesOf } from './lint/judge.ts';
import { lintChecks, lintTriggers } from './lint/limits.ts';
import { PEOPLE_RULES } from './lint/people.ts';
import { PHASE_RULES } from './lint/phase.ts';
import { lintPlaceholders } from './lint/placeholders.ts';
import { REFERENCE_RULES } from './lint/references.ts';
import { RELEASE_RULES } from './lint/release.ts';
import { ROAD_RULES } from './lint/road.ts';
import type { Rule } from './lint/rule.ts';
import type { ParsedFile } from './parse.ts';
import type { Plan } from './plan.ts';
import type { Resolved } from './resolve/plan.ts';
import type { Scope } from './resolve/scope.ts';

const RULES: readonly Rule[] = [
  ...RELEASE_RULES,
  ...PEOPLE_RULES,
  ...GATE_RULES,
  ...JUDGE_RULES,
  ...REFERENCE_RULES,
  ...ROAD_RULES,
  ...FREEZE_RULES,
];

/**
 * Finds plans that cannot fail or cannot work. What is said of a single check, trigger or phase is
 * said of all that could be read; what is said of several together only where all of them could.
 */
export function lintPlan(scope: Scope, parsed: ParsedFile, resolved: Resolved): void {
  const unsound = new Set(parsed.broken);
  for (const { path, level } of scope.findings) {
    if (level === 'error') unsound.add(sectionOf(path));
  }
  const unread = scope.findings.map(({ path }) => path);
  lintPlaceholders(scope, parsed.root);
  const { parts, phasesAt } = resolved;
  const { metrics = [], intervalMs = 0 } = parts;
  // A gate of which a check could not be read is not called empty for it.
  const whole = (name: string): boolean =>
    !unread.some((path) => path.startsWith(`gates.${name}.`));
  lintGateContents(
    scope,
    (parts.gates ?? []).filter(({ name }) => whole(name)),
  );
  lintEdgesOf(scope, metrics);
  lintFreezeEnds(scope, parts.freezes ?? []);
  if (!unsound.has('interval')) {
    lintTriggers(scope, parts.triggers ?? [], metrics, intervalMs);
    lintChecks(scope, parts.gates ?? [], metrics, intervalMs);
    for (const [index, phase] of phasesAt) {
      for (const lint of PHASE_RULES) lint(scope, ['phases', index], phase, intervalMs);
    }
  }
  for (const { needs, run } of RULES) {
    const isSound = needs.every(
      (key) => parts[key] !== undefined && !unsound.has(SECTION_OF[key] ?? key),
    );
    // The parts that the rule reads are all there.
    if (isSound) run(scope, parts as Plan);
  }
}

/** Parts whose key in the file is another. */
const SECTION_OF: Partial<Record<keyof Plan, string>> = {
  intervalMs: 'interval',
  controllerLossMs: 'controllerLoss',
  evidenceMaxAgeMs: 'evidenceMaxAge',
  goMaxAgeMs: 'goMaxAge',
  measurements: 'metrics',
};

function sectionOf(path: string): string {
  return /^[^.[]*/.exec(path)?.[0] ?? '';
}
