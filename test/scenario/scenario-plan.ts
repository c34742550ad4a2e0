import { parseDuration } from '../../src/base/duration.ts';
import { KAYENTA_DEFAULTS } from '../../src/core/judge/kayenta/settings.ts';
import type { Phase, Plan } from '../../src/core/plan/plan.ts';
import { simPlan } from '../sim/sim-plan.ts';

interface Words {
  plain: string[];
  settings: Map<string, string>;
}

/**
 * The simulator's plan, cut and changed by the first block of a script:
 *
 *     plan decision=none rule=green-yellow-red method=kayenta
 *     phase canary deadline=1h onDeadline=hold gates=health
 *     gate health impact=MEDIUM conditionWithin=10m
 *     freeze from=2026-11-23T09:00:00Z to=2026-11-23T10:00:00Z
 *
 * With `phase` lines only the named phases are in the plan, in the order of the lines.
 */
export function scenarioPlan(lines: readonly Words[]): Plan {
  const plan = simPlan('service');
  const phases: Phase[] = [];
  let changed: Plan = plan;
  for (const { plain, settings } of lines) {
    const [verb, name = ''] = plain;
    if (verb === 'plan') changed = { ...changed, ...planSettings(settings) };
    else if (verb === 'phase') phases.push(phaseOf(plan, name, settings));
    else if (verb === 'gate') changed = { ...changed, gates: changeGate(changed, name, settings) };
    else if (verb === 'freeze') {
      const fromMs = Date.parse(settings.get('from') ?? '');
      const toMs = Date.parse(settings.get('to') ?? '');
      changed = { ...changed, freezes: [{ name: 'the freeze', kind: 'once', fromMs, toMs }] };
    } else throw new Error(`no such line in a plan: ${verb}`);
  }
  return phases.length === 0 ? changed : { ...changed, phases };
}

function planSettings(settings: Map<string, string>): Partial<Plan> {
  const parts: { -readonly [K in keyof Plan]?: Plan[K] } = {};
  const decision = settings.get('decision');
  if (decision === 'none' || decision === 'signed') parts.decision = decision;
  if (settings.get('rule') === 'green-yellow-red') parts.rule = 'green-yellow-red';
  if (settings.get('method') === 'kayenta')
    parts.judge = { method: 'kayenta', ...KAYENTA_DEFAULTS };
  const goMaxAge = settings.get('goMaxAge');
  if (goMaxAge !== undefined) parts.goMaxAgeMs = duration(goMaxAge);
  return parts;
}

function phaseOf(plan: Plan, name: string, settings: Map<string, string>): Phase {
  const phase = plan.phases.find((one) => one.name === name);
  if (phase === undefined) throw new Error(`no phase ${name} to start from`);
  const changes: Record<string, unknown> = {};
  for (const [key, value] of settings)
    changes[`${key}${isTime(value) ? 'Ms' : ''}`] = setting(key, value);
  return { ...phase, ...changes } as Phase;
}

function isTime(value: string): boolean {
  return parseDuration(value) !== null;
}

function setting(key: string, value: string): unknown {
  if (isTime(value)) return duration(value);
  if (key === 'gates' || key === 'triggers') return value === '' ? [] : value.split(',');
  if (key === 'before' || key === 'after') {
    const onFail = value.endsWith('!') ? 'hold' : 'rollback';
    return [{ name: value.replace('!', ''), run: 'true', timeoutMs: 1_000, onFail }];
  }
  if (value === 'yes' || value === 'no') return value === 'yes';
  return Number.isNaN(Number(value)) ? value : Number(value);
}

function changeGate(plan: Plan, name: string, settings: Map<string, string>): Plan['gates'] {
  return plan.gates.map((gate) => {
    if (gate.name !== name) return gate;
    return {
      ...gate,
      impact: (settings.get('impact') ?? gate.impact) as typeof gate.impact,
      colour: (settings.get('colour') ?? gate.colour) as typeof gate.colour,
      conditionWithinMs: duration(settings.get('conditionWithin') ?? '0s'),
    };
  });
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new Error(`no duration: ${text}`);
  return ms;
}
