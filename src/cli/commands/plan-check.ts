import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { type Finding, formatFinding } from '../../core/plan/check-plan.ts';
import type { Plan } from '../../core/plan/plan.ts';
import type { TrafficForecast } from '../../core/plan/traffic-forecast.ts';
import type { CommandDefinition } from '../command.ts';
import { type ExitCode, gravest } from '../exit-codes.ts';
import { PLAN_ARGUMENT_OPTION, planArguments, readPlan } from '../plan-files.ts';

export const planCheck: CommandDefinition = {
  name: 'plan check',
  summary: 'report every error of plans with file, line and column',
  operands: [{ name: '<file...>', summary: 'plan files', completes: 'file' }],
  options: [
    PLAN_ARGUMENT_OPTION,
    {
      flags: '--traffic <rate>',
      summary: 'try out what the judge can show with so much traffic, such as 60rpm or 5rps',
    },
    {
      flags: '--base <metric=value>',
      summary: "with --traffic: stable's share of bad requests (1%), or median latency",
      repeats: true,
    },
    {
      flags: '-o, --output <format>',
      summary: 'how to print the findings',
      default: 'text',
      choices: ['text', 'json', 'yaml'],
    },
  ],
  example: 'auroractl plan check plans/smoke.yaml',
  exits: '0 all valid, 2 an error in a plan, a missing file, or a canary that cannot promote',
  run: async (context, args) => {
    const given = planArguments(args.texts('arg'));
    if (!given.ok) return context.fail(given.problem);
    const traffic = trafficOf(args.text('traffic'), args.texts('base'));
    if (!traffic.ok) return context.fail(traffic.problem);
    const checked: CheckedPlan[] = [];
    const codes: ExitCode[] = [];
    for (const file of args.operands) {
      const read = readPlan(file, given.value);
      if (!read.ok) {
        codes.push(context.fail(read.problem));
        continue;
      }
      const { plan, findings } = read.value;
      const odd = plan === null ? null : baseFault(plan, traffic.value);
      if (odd !== null) return context.fail(odd);
      const tried =
        plan === null || traffic.value === null ? null : await tryOut(plan, traffic.value);
      checked.push({ file, valid: plan !== null, findings, forecast: tried });
    }
    const format = args.text('output');
    if (format === 'text') for (const one of checked) context.printText(asText(one));
    else {
      const view = { kind: 'PlanCheckList', data: { items: checked }, columns: [], rows: [] };
      await context.print(view, format);
    }
    const stuck = checked.filter(({ forecast }) => (forecast?.cannot.length ?? 0) > 0).length;
    if (stuck > 0) {
      const hint = 'a longer phase, a larger weight, a larger margin, or more traffic';
      const message = `${stuck} of ${args.operands.length} plans cannot promote with this traffic`;
      codes.push(context.fail(problem('invalid-file', message, hint)));
    }
    const invalid = checked.filter(({ valid }) => !valid).length;
    if (invalid === 0) return gravest(codes);
    const message = `${invalid} of ${args.operands.length} plans cannot be used`;
    return gravest([...codes, context.fail(problem('invalid-file', message))]);
  },
};

interface CheckedPlan {
  file: string;
  valid: boolean;
  findings: readonly Finding[];
  /** null: it was not asked for, or the plan is not valid. */
  forecast: (TrafficForecast & { text: string }) | null;
}

interface Traffic {
  perMinute: number;
  bases: Readonly<Record<string, number>>;
}

/** null: no traffic was given. `usage` for another form. */
function trafficOf(rate: string | null, bases: readonly string[]): Result<Traffic | null> {
  const wrong = (message: string): Result<never> => fail(problem('usage', message));
  if (rate === null) {
    return bases.length === 0
      ? ok(null)
      : wrong('--base says something of --traffic, which is missing');
  }
  const [, count, unit] = /^(\d{1,9}(?:\.\d+)?)(rpm|rps)$/.exec(rate) ?? [];
  const perMinute = Number(count ?? 0) * (unit === 'rps' ? 60 : 1);
  if (!(perMinute > 0)) {
    return wrong(`expected --traffic such as 60rpm or 5rps, found ${JSON.stringify(rate)}`);
  }
  const known: Record<string, number> = {};
  for (const text of bases) {
    const [, name, number, percent] = /^([a-zA-Z][\w.-]*)=(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
    const value = Number(number ?? 0) / (percent === '%' ? 100 : 1);
    if (name === undefined || !(value > 0)) {
      return wrong(
        `expected --base such as errors=0.1% or latency=80, found ${JSON.stringify(text)}`,
      );
    }
    known[name] = value;
  }
  return ok({ perMinute, bases: known });
}

/** A base of nothing that is measured would be without effect, unseen. */
function baseFault({ metrics }: Plan, traffic: Traffic | null): Problem | null {
  for (const [name, base] of Object.entries(traffic?.bases ?? {})) {
    const metric = metrics.find((one) => one.name === name);
    if (metric === undefined || metric.kind === 'value') {
      const known = metrics.filter(({ kind }) => kind !== 'value').map((one) => one.name);
      return problem(
        'usage',
        `--base ${name}: the plan has ${known.join(', ') || 'no such metric'}`,
      );
    }
    if (metric.kind === 'rate' && base >= 1) {
      return problem('usage', `--base ${name}: a share of bad requests is below 100%`);
    }
  }
  return null;
}

/** Loaded only when it is asked for: the judge is more than all that a check needs. */
async function tryOut(
  plan: Plan,
  { perMinute, bases }: Traffic,
): Promise<NonNullable<CheckedPlan['forecast']>> {
  const { forecastText, trafficForecast } = await import('../../core/plan/traffic-forecast.ts');
  const found = trafficForecast(plan, perMinute, bases);
  return { ...found, text: forecastText(found, plan.intervalMs) };
}

function asText({ file, valid, findings, forecast }: CheckedPlan): string {
  const lines = findings.map(formatFinding);
  if (valid) lines.push(`${file}: valid`);
  if (forecast !== null) lines.push(forecast.text);
  return `${lines.join('\n')}\n`;
}
