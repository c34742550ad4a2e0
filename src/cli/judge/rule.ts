import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { defaultSettings, fillWeights, METRIC_DEFAULTS } from '../../core/judge/defaults.ts';
import { KAYENTA_DEFAULTS, kayentaFaults } from '../../core/judge/kayenta/settings.ts';
import { isKayenta, type MethodSettings } from '../../core/judge/method-settings.ts';
import type { JudgeSettings, Metric } from '../../core/judge/settings.ts';
import { metricsFaults, settingsFaults } from '../../core/judge/settings-faults.ts';
import { DISPERSION_FORM, parseDispersion } from '../../core/plan/grammar/small.ts';
import type { CommandArgs } from '../command.ts';
import { planArguments, readSoundPlan } from '../plan-files.ts';
import type { JudgeInput } from './input.ts';

export interface JudgeRule {
  settings: MethodSettings;
  metrics: readonly Metric[];
}

/**
 * A promotion's own, from a plan where one is given, else the defaults; what is said by hand goes
 * before all of them.
 */
export function ruleOf(
  args: CommandArgs,
  input: JudgeInput,
  recorded: JudgeRule | null,
): Result<JudgeRule> {
  const base = recorded === null ? baseOf(args, input) : ok(recorded);
  if (!base.ok) return base;
  const { metrics } = base.value;
  const settings = changed(args, base.value.settings);
  if (!settings.ok) return settings;
  const faults = isKayenta(settings.value)
    ? [...kayentaFaults(settings.value), ...metricsFaults(metrics)]
    : settingsFaults(settings.value, metrics);
  if (faults.length > 0) return fail(problem('invalid-file', faults.join('\n')));
  return ok({ settings: settings.value, metrics });
}

function baseOf(args: CommandArgs, input: JudgeInput): Result<JudgeRule> {
  const path = args.text('plan');
  const lower = args.texts('lower-is-worse');
  if (path === null) return fromInput(input, lower);
  if (lower.length > 0) {
    return fail(problem('usage', 'with --plan the plan says which way is worse'));
  }
  const given = planArguments(args.texts('arg'));
  if (!given.ok) return given;
  const plan = readSoundPlan(path, given.value);
  if (!plan.ok) return plan;
  const { judge, metrics } = plan.value;
  const missing = metrics.filter(({ name }) => !input.metrics.some((one) => one.name === name));
  if (missing.length === metrics.length) {
    const names = metrics.map(({ name }) => name).join(', ');
    const message = `the file holds no metric of the plan's: ${names}`;
    return fail(problem('invalid-file', message));
  }
  const other = metrics.find((metric) => differs(metric, input));
  if (other !== undefined) {
    const { name, kind, edges } = other;
    const wanted = kind === 'histogram' ? `edges ${edges.join(', ')}` : `kind ${kind}`;
    const message = `${name} in the file is not of the plan's ${wanted}`;
    return fail(problem('invalid-file', message));
  }
  return ok({ settings: judge, metrics });
}

/** Counts under other edges would be told of the wrong ones. */
function differs({ name, kind, edges }: Metric, input: JudgeInput): boolean {
  const found = input.metrics.find((one) => one.name === name);
  if (found === undefined) return false;
  return found.kind !== kind || String(found.edges) !== String(edges);
}

function fromInput(input: JudgeInput, lower: readonly string[]): Result<JudgeRule> {
  const unknown = lower.find((name) => !input.metrics.some((one) => one.name === name));
  if (unknown !== undefined) {
    const names = input.metrics.map(({ name }) => name).join(', ');
    return fail(problem('usage', `the file holds no metric ${unknown}; it holds ${names}`));
  }
  const metrics = fillWeights(
    input.metrics.map(({ name, kind, edges }) => ({
      ...METRIC_DEFAULTS,
      ...{ name, kind, edges },
      unit: 'units',
      worse: lower.includes(name) ? 'lower' : 'higher',
      required: kind !== 'value',
      weight: null,
    })),
  );
  if (!metrics.ok) return metrics;
  const last = input.intervals.at(-1)?.seq ?? 0;
  return ok({ settings: defaultSettings(last + 1), metrics: metrics.value });
}

/** `--method` goes before the plan's; Kayenta's rule has no use for the other options. */
function changed(args: CommandArgs, base: MethodSettings): Result<MethodSettings> {
  const method = args.text('method') ?? (isKayenta(base) ? 'kayenta' : 'sequential');
  if (method === 'kayenta') {
    const useless = ['alpha', 'dispersion', 'picture'].find((name) => args.text(name) !== null);
    if (useless !== undefined) {
      return fail(problem('usage', `--${useless} means nothing to Kayenta's rule`));
    }
    return ok(isKayenta(base) ? base : { method: 'kayenta', ...KAYENTA_DEFAULTS });
  }
  if (!isKayenta(base)) return sequential(args, base);
  const hint = 'leave out --plan, or --method';
  return fail(problem('usage', "the plan's judge is Kayenta's rule, without other settings", hint));
}

function sequential(args: CommandArgs, base: JudgeSettings): Result<JudgeSettings> {
  let settings = base;
  const dispersion = args.text('dispersion');
  if (dispersion !== null) {
    const parsed = parseDispersion(dispersion);
    if (parsed === null) {
      const message = `expected --dispersion ${DISPERSION_FORM}, found ${JSON.stringify(dispersion)}`;
      return fail(problem('usage', message));
    }
    if (parsed.kind === 'assumed') {
      settings = { ...settings, dispersion: { kind: 'assumed', phi: parsed.phi } };
    } else if (settings.dispersion.kind === 'assumed') {
      const { dispersion: measured } = defaultSettings(settings.horizonIntervals);
      settings = { ...settings, dispersion: measured };
    }
  }
  const alpha = args.text('alpha');
  if (alpha === null) return ok(settings);
  const value = Number(alpha);
  if (!(value > 0 && value < 1)) {
    return fail(
      problem('usage', `expected --alpha between 0 and 1, found ${JSON.stringify(alpha)}`),
    );
  }
  return ok({ ...settings, alpha: value });
}
