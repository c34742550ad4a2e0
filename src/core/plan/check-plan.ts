import { assert } from '../../base/assert.ts';
import { type Finding, inFileOrder } from './finding.ts';
import { lintPlan } from './lint.ts';
import { parsePlanFile } from './parse.ts';
import type { Plan } from './plan.ts';
import { resolvePlan } from './resolve/plan.ts';
import { Scope } from './resolve/scope.ts';

export { type Finding, formatFinding } from './finding.ts';

/**
 * The one way from a plan file to a plan. `file` is the name that findings carry; `args` are the
 * plan's arguments as texts. The plan is null exactly where a finding is an error; every error of
 * the file is reported, in the order of the file. Never throws, whatever the text.
 */
export function parsePlan(
  file: string,
  text: string,
  args: Readonly<Record<string, string>>,
): { plan: Plan | null; findings: Finding[] } {
  const { parsed, findings } = parsePlanFile(file, text, args);
  if (parsed === null) return { plan: null, findings: inFileOrder(findings) };
  const scope = new Scope(file, parsed.root);
  const resolved = resolvePlan(scope, parsed);
  lintPlan(scope, parsed, resolved);
  const all = inFileOrder([...findings, ...scope.findings]);
  const failed = all.some(({ level }) => level === 'error');
  return { plan: failed ? null : complete(resolved.parts), findings: all };
}

/** What could not be read was reported, so without an error every part is there. */
function complete(parts: Partial<Plan>): Plan {
  for (const key of PARTS) assert(parts[key] !== undefined, `a plan without errors has no ${key}`);
  return parts as Plan;
}

const PARTS: readonly (keyof Plan)[] = [
  'name',
  'service',
  'release',
  'people',
  'roles',
  'metrics',
  'measurements',
  'judge',
  'triggers',
  'gates',
  'phases',
  'freezes',
];
