import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { type Finding, formatFinding, parsePlan } from '../core/plan/check-plan.ts';
import type { Plan } from '../core/plan/plan.ts';
import type { OptionDefinition } from './command.ts';
import { readText } from './files.ts';

export const PLAN_ARGUMENT_OPTION: OptionDefinition = {
  flags: '--arg <name=value>',
  summary: "a value for one of the plan's arguments",
  repeats: true,
};

export type PlanArguments = Readonly<Record<string, string>>;

/** `name=value` texts as a record; `usage` for another form or a name given twice. */
export function planArguments(texts: readonly string[]): Result<PlanArguments> {
  const values = new Map<string, string>();
  for (const text of texts) {
    const equals = text.indexOf('=');
    const name = text.slice(0, Math.max(equals, 0));
    if (name === '') {
      return fail(problem('usage', `expected --arg NAME=VALUE, found ${JSON.stringify(text)}`));
    }
    if (values.has(name)) return fail(problem('usage', `the argument ${name} is given twice`));
    values.set(name, text.slice(equals + 1));
  }
  return ok(Object.fromEntries(values));
}

/** A plan file's plan and findings; a problem only where the file itself can't be read. */
export function readPlan(
  path: string,
  args: PlanArguments,
): Result<{ plan: Plan | null; findings: Finding[] }> {
  const text = readText(path);
  return text.ok ? ok(parsePlan(path, text.value, args)) : text;
}

/** As readPlan, with every error of the file as one `invalid-file`, a line each. */
export function readSoundPlan(path: string, args: PlanArguments): Result<Plan> {
  const read = readPlan(path, args);
  if (!read.ok) return read;
  if (read.value.plan !== null) return ok(read.value.plan);
  const errors = read.value.findings.filter(({ level }) => level === 'error');
  const message = `${path} has ${errors.length === 1 ? 'an error' : `${errors.length} errors`}`;
  return fail(problem('invalid-file', [message, ...errors.map(formatFinding)].join('\n')));
}
