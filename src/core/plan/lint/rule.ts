import type { SourcePath } from '../../file/source-node.ts';
import type { Fault } from '../finding.ts';
import type { Phase, Plan } from '../plan.ts';
import type { Scope } from '../resolve/scope.ts';

/** One thing that a plan must not be: what it reads, and what it has to say about it. */
export interface Rule {
  /** Parts that must be there and free of errors, so that one mistake isn't reported as two. */
  needs: readonly (keyof Plan)[];
  run: (scope: Scope, plan: Plan) => void;
}

export function rule<K extends keyof Plan>(
  needs: readonly K[],
  run: (scope: Scope, plan: Pick<Plan, K>) => void,
): Rule {
  return { needs, run };
}

/** Runs on each phase that could be read, whatever the others are like. */
export type PhaseRule = (scope: Scope, path: SourcePath, phase: Phase, intervalMs: number) => void;

export function error(code: string, message: string, hint: string | null = null): Fault {
  return { level: 'error', code, message, hint };
}

export function warning(code: string, message: string, hint: string | null = null): Fault {
  return { level: 'warning', code, message, hint };
}
