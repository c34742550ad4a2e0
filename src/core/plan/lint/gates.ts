import type { Gate } from '../../gate/gate.ts';
import type { Plan } from '../plan.ts';
import type { Scope } from '../resolve/scope.ts';
import { error, type Rule, rule, warning } from './rule.ts';

export const GATE_RULES: readonly Rule[] = [rule(['gates', 'rule'], words)];

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
