import type { Static, TSchema } from 'typebox';
// Of the library's several doors the one that leads to checking alone: a third of the code to load.
import { Check, Errors } from 'typebox/schema';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';

/** `value` as the form says, or `usage` naming the first place that differs. Every input is hostile. */
export function parse<T extends TSchema>(form: T, value: unknown, what: string): Result<Static<T>> {
  if (isOfForm(form, value)) return ok(value);
  const [, [first]] = Errors(form, value);
  const place = first?.instancePath ? `${what}${first.instancePath}` : what;
  return fail(problem('usage', `${place}: ${first?.message ?? 'is not of the expected form'}`));
}

function isOfForm<T extends TSchema>(form: T, value: unknown): value is Static<T> {
  return Check(form, value);
}
