import type { SourcePath } from '../../file/source-node.ts';
import { meant } from '../nearest.ts';
import type { Plan } from '../plan.ts';
import type { Scope } from '../resolve/scope.ts';
import { error, type Rule, rule, warning } from './rule.ts';

/** Names that nothing answers to, and things that nothing names. */
export const REFERENCE_RULES: readonly Rule[] = [
  rule(['gates', 'phases'], gates),
  rule(['triggers', 'phases'], triggers),
  rule(['metrics', 'gates', 'triggers', 'phases'], unusedMetrics),
];

function gates(scope: Scope, plan: Pick<Plan, 'gates' | 'phases'>): void {
  const known = plan.gates.map(({ name }) => name);
  const used = new Set<string>();
  for (const [index, phase] of plan.phases.entries()) {
    lookUp(scope, ['phases', index, 'gates'], 'gate', phase.gates, known);
    for (const name of phase.gates) used.add(name);
  }
  for (const name of known) {
    if (used.has(name)) continue;
    const message = `the gate "${name}" is judged in no phase`;
    scope.reportKey(['gates', name], warning('unused-gate', message));
  }
}

function triggers(scope: Scope, plan: Pick<Plan, 'triggers' | 'phases'>): void {
  const known = plan.triggers.map(({ name }) => name);
  const used = new Set<string>();
  for (const [index, phase] of plan.phases.entries()) {
    lookUp(scope, ['phases', index, 'triggers'], 'trigger', phase.triggers, known);
    for (const name of phase.triggers) used.add(name);
  }
  for (const name of known) {
    if (used.has(name)) continue;
    const message = `the trigger "${name}" is armed in no phase`;
    scope.reportKey(['triggers', name], warning('unused-trigger', message));
  }
}

function lookUp(
  scope: Scope,
  path: SourcePath,
  kind: 'gate' | 'trigger',
  names: readonly string[],
  known: readonly string[],
): void {
  for (const [index, name] of names.entries()) {
    if (!known.includes(name)) {
      const fault = error(`unknown-${kind}`, `unknown ${kind} "${name}"`, meant(name, known));
      scope.report([...path, index], fault);
    } else if (names.indexOf(name) < index) {
      scope.report([...path, index], error('duplicate-entry', `"${name}" stands twice`));
    }
  }
}

function unusedMetrics(
  scope: Scope,
  plan: Pick<Plan, 'metrics' | 'gates' | 'triggers' | 'phases'>,
): void {
  const used = new Set(
    plan.triggers.flatMap((trigger) => (trigger.kind === 'sustained' ? [trigger.metric] : [])),
  );
  for (const { evidence } of plan.gates.flatMap(({ checks }) => checks)) {
    if (evidence.source === 'metric') used.add(evidence.metric);
  }
  const isCompared = plan.phases.some(({ kind }) => kind === 'canary');
  for (const { name, advisory } of plan.metrics) {
    // Every metric that may act is compared in a canary; an advisory one is there to be looked at.
    if (isCompared || advisory || used.has(name)) continue;
    const message = `nothing uses the metric "${name}"`;
    scope.reportKey(['metrics', name], warning('unused-metric', message));
  }
}
