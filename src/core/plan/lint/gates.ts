import type { Gate } from '../../gate/gate.ts';
import type { Plan } from '../plan.ts';
import type { Scope } from '../resolve/scope.ts';
import { error, type Rule, rule, warning } from './rule.ts';

export const GATE_RULES: readonly Rule[] = [rule(['gates', 'rule'], words), rule(['gates'], names)];

/** A gate in which nothing can act lets everything through. */
export function lintGateContents(scope: Scope, gates: readonly Gate[]): void {
  for (const { name, checks } of gates) {
    if (checks.length === 0) {
      const message = `the gate "${name}" has no checks: it would always pass`;
      scope.reportKey(['gates', name], error('gate-without-checks', message));
    } else if (checks.every(({ advisory }) => advisory)) {
      const message = `every check of the gate "${name}" is advisory: it would always pass`;
      scope.reportKey(['gates', name], error('gate-cannot-fail', message));
    }
  }
}

/** Evidence is recorded by the name of its check, so the name is one check's alone. */
function names(scope: Scope, { gates }: Pick<Plan, 'gates'>): void {
  const gateOf = new Map<string, string>();
  for (const { name: gate, checks } of gates) {
    for (const { name } of checks) {
      const other = gateOf.get(name);
      gateOf.set(name, other ?? gate);
      if (other === undefined || other === gate) continue;
      const message = `the name "${name}" is taken by a check of the gate "${other}"`;
      const hint = `a name of its own, such as ${name}-${gate}`;
      scope.reportKey(['gates', gate, 'checks', name], error('duplicate-check', message, hint));
    }
  }
}

/** A time to pass in has no meaning where there is no CONDITIONAL. */
function words(scope: Scope, { gates, rule: decides }: Pick<Plan, 'gates' | 'rule'>): void {
  for (const { name, impact, conditionWithinMs } of gates) {
    if (conditionWithinMs === 0) continue;
    const path = ['gates', name, 'conditionWithin'];
    if (decides === 'green-yellow-red') {
      const message = 'the green-yellow-red rule knows no CONDITIONAL: it is never used';
      scope.reportKey(path, warning('unused-condition', message));
    } else if (impact === 'CRITICAL' || impact === 'HIGH') {
      // Only a warning of a CRITICAL or HIGH gate is conditional; its failure is NO-GO all the same.
      const message = `a failing ${impact} gate is NO-GO: only its warnings are given this time`;
      scope.reportKey(path, warning('condition-for-warnings', message));
    }
  }
}
