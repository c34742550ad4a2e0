import type { Static, TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';

/** `value` as the form says, or `usage` naming the first place that differs. Every input is hostile. */
export function parse<T extends TSchema>(form: T, value: unknown, what: string): Result<Static<T>> {
  if (Value.Check(form, value)) return ok(value);
  const [first] = Value.Errors(form, value);
  const place = first?.instancePath ? `${what}${first.instancePath}` : what;
  return fail(problem('usage', `${place}: ${first?.message ?? 'is not of the expected form'}`));
}
