import { formatDuration } from '../../../base/duration.ts';
import { weightAfter, weightsOnEntry } from '../phase-time.ts';
import type { Phase, Plan } from '../plan.ts';
import type { Scope } from '../resolve/scope.ts';
import { error, type Rule, rule, warning } from './rule.ts';

/** What can be said of the phases together: where the road leads, and whether anyone may stop it. */
export const ROAD_RULES: readonly Rule[] = [
  rule(['phases'], names),
  rule(['phases'], rising),
  rule(['phases'], liveNeedsWeight),
  rule(['phases', 'decision'], ending),
  rule(['phases', 'decision'], decisionBefore100),
  rule(['phases', 'goMaxAgeMs', 'decision'], goStaysFresh),
  rule(['phases', 'triggers'], canFail),
  rule(['phases'], decisionHasGates),
];

function names(scope: Scope, { phases }: Pick<Plan, 'phases'>): void {
  const seen = new Map<string, number>();
  for (const [index, { name }] of phases.entries()) {
    const first = seen.get(name);
    if (first === undefined) seen.set(name, index);
    else {
      const message = `the name "${name}" is taken by phases[${first}]`;
      const hint = `give one of them a name of its own: name: ${name}-2`;
      scope.reportKey(['phases', index], error('duplicate-name', message, hint));
    }
  }
}

function rising(scope: Scope, { phases }: Pick<Plan, 'phases'>): void {
  const entry = weightsOnEntry(phases);
  for (const [index, phase] of phases.entries()) {
    let before = entry[index] ?? 0;
    if (phase.kind === 'canary' && phase.weightPct < before) {
      const message = `the weight ${phase.weightPct} falls below ${before}, where the candidate is`;
      scope.report(['phases', index, 'weight'], error('weight-not-rising', message));
    }
    if (phase.kind !== 'rollout') continue;
    for (const [step, { weightPct }] of phase.steps.entries()) {
      if (weightPct <= before) {
        const message = `expected a weight above ${before}, where the candidate is, found ${weightPct}`;
        const path = ['phases', index, 'steps', step];
        scope.report(path, error('weight-not-rising', message, 'each step gives it more'));
      }
      before = weightPct;
    }
  }
}

/** Live requests reach a candidate only by its weight. */
function liveNeedsWeight(scope: Scope, { phases }: Pick<Plan, 'phases'>): void {
  const entry = weightsOnEntry(phases);
  for (const [index, phase] of phases.entries()) {
    if (phase.kind !== 'soak' && phase.kind !== 'watch') continue;
    if (phase.traffic !== 'live' || (entry[index] ?? 0) > 0) continue;
    const message = `the candidate has no share of the live traffic in this ${phase.kind}`;
    const hint = 'traffic: load, mirror or sessions, or a canary before it';
    scope.reportKey(['phases', index], error('no-traffic', message, hint));
  }
}

function ending(scope: Scope, { phases, decision }: Pick<Plan, 'phases' | 'decision'>): void {
  const end = phases.reduce((weight, phase) => weightAfter(phase, weight), 0);
  if (end === 100) return;
  const index = phases.findLastIndex(({ kind }) => kind === 'rollout');
  const rollout = phases[index];
  const message = `the plan ends at ${end} %: then the release is rolled back, never promoted`;
  if (rollout?.kind === 'rollout' && decision === 'signed') {
    const path = ['phases', index, 'steps', rollout.steps.length - 1];
    scope.report(path, error('ends-below-100', message, 'the last step is 100 %'));
  } else {
    scope.reportKey(
      ['phases'],
      warning('ends-below-100', message, 'a rollout to 100 % at its end'),
    );
  }
}

function isRelease(phase: Phase): boolean {
  return phase.kind === 'decision' && phase.subject === 'release';
}

/** The first place at which all traffic goes to the candidate. */
function first100(phases: readonly Phase[]): { index: number; step: number } | null {
  for (const [index, phase] of phases.entries()) {
    if (phase.kind !== 'rollout') continue;
    const step = phase.steps.findIndex(({ weightPct }) => weightPct === 100);
    if (step >= 0) return { index, step };
  }
  return null;
}

function decisionBefore100(
  scope: Scope,
  { phases, decision }: Pick<Plan, 'phases' | 'decision'>,
): void {
  const place = first100(phases);
  if (decision !== 'signed' || place === null) return;
  if (phases.slice(0, place.index).some(isRelease)) return;
  const message = '100 % without a decision before it';
  const hint = 'a phase of the kind decision before it, or decision: none (then it is never GA)';
  scope.report(
    ['phases', place.index, 'steps', place.step],
    error('no-decision-before-100', message, hint),
  );
}

/** A GO that is always too old when 100 % is reached sends the promotion round in circles. */
function goStaysFresh(
  scope: Scope,
  { phases, goMaxAgeMs, decision }: Pick<Plan, 'phases' | 'goMaxAgeMs' | 'decision'>,
): void {
  const place = first100(phases);
  const rollout = place === null ? undefined : phases[place.index];
  if (decision !== 'signed' || place === null || rollout?.kind !== 'rollout') return;
  const decided = phases.slice(0, place.index).findLastIndex(isRelease);
  if (decided < 0) return;
  let totalMs = 0;
  for (const phase of phases.slice(decided + 1, place.index)) {
    if (phase.kind === 'soak') totalMs += phase.soakMs;
    if (phase.kind === 'canary') totalMs += phase.durationMs;
    if (phase.kind === 'watch') totalMs += phase.watchMs;
    if (phase.kind === 'rollout') {
      totalMs += phase.steps.reduce((sum, { holdMs }) => sum + holdMs, 0);
    }
  }
  totalMs += rollout.steps.slice(0, place.step).reduce((sum, { holdMs }) => sum + holdMs, 0);
  if (totalMs < goMaxAgeMs) return;
  const needed = formatDuration(totalMs);
  const message = `100 % comes ${needed} after the GO, which is void after ${formatDuration(goMaxAgeMs)}`;
  scope.report(
    ['phases', place.index, 'steps', place.step],
    error('go-goes-stale', message, `goMaxAge above ${needed}`),
  );
}

/** A plan that asks nothing can show nothing. */
function canFail(scope: Scope, { phases }: Pick<Plan, 'phases' | 'triggers'>): void {
  const asks = phases.some(
    (phase) =>
      phase.gates.length > 0 ||
      phase.triggers.length > 0 ||
      (phase.kind === 'canary' && phase.judged) ||
      phase.kind === 'decision',
  );
  if (asks) return;
  const message = 'no gate, no trigger, no judged canary and no decision: nothing can stop it';
  scope.reportKey(['phases'], error('cannot-fail', message, 'say what the release must show'));
}

function decisionHasGates(scope: Scope, { phases }: Pick<Plan, 'phases'>): void {
  const index = phases.findIndex(isRelease);
  if (index < 0) return;
  if (phases.slice(0, index + 1).some(({ gates }) => gates.length > 0)) return;
  const message = 'the decision rests on nothing: no gate is judged before it or in it';
  scope.reportKey(['phases', index], error('decision-without-gates', message, 'gates: [...]'));
}
