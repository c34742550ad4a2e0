import type { Problem } from './problem.ts';

/** An expected failure is a value. Bugs throw (see assert.ts). */
export type Result<T, P = Problem> = { ok: true; value: T } | { ok: false; problem: P };

export function ok<T>(value: T): { ok: true; value: T } {
  return { ok: true, value };
}

export function fail<P>(problem: P): { ok: false; problem: P } {
  return { ok: false, problem };
}
