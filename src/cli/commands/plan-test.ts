import { dirname, join } from 'node:path';
import { digestOf } from '../../base/digest.ts';
import { parseDuration } from '../../base/duration.ts';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { formatFinding } from '../../core/plan/check-plan.ts';
import type { Plan } from '../../core/plan/plan.ts';
import { describeRun, runScenario, type ScenarioRun } from '../../core/plan-test/run-scenario.ts';
import {
  type Expectation,
  type PlanScenario,
  parsePlanTest,
  unknownNames,
} from '../../core/plan-test/test-file.ts';
import type { CommandDefinition } from '../command.ts';
import type { ExitCode } from '../exit-codes.ts';
import { gravest } from '../exit-codes.ts';
import { readText } from '../files.ts';
import { readSoundPlan } from '../plan-files.ts';

export const planTest: CommandDefinition = {
  name: 'plan test',
  summary: 'run scenarios against plans: evidence, and what must follow from it',
  operands: [{ name: '<file...>', summary: 'files of plan tests', completes: 'file' }],
  options: [
    {
      flags: '-o, --output <format>',
      summary: 'how to print the results',
      default: 'text',
      choices: ['text', 'json', 'yaml'],
    },
  ],
  example: 'auroractl plan test plans/tests/smoke.yaml',
  exits: '0 all as expected, 1 a scenario ends otherwise, 2 an error in a file',
  run: async (context, args) => {
    const results: Tested[] = [];
    const codes: ExitCode[] = [];
    for (const file of args.operands) {
      const tested = testFile(file);
      if (tested.ok) results.push(...tested.value);
      else codes.push(context.fail(tested.problem));
    }
    const format = args.text('output');
    if (format === 'text') for (const one of results) context.printText(asText(one));
    else {
      const view = { kind: 'PlanTestResults', data: { items: results }, columns: [], rows: [] };
      await context.print(view, format);
    }
    const failed = results.filter(({ faults }) => faults.length > 0).length;
    if (failed > 0) context.note(`${failed} of ${results.length} scenarios end otherwise`);
    return gravest(failed > 0 ? [...codes, 1] : codes);
  },
};

interface Tested {
  file: string;
  scenario: string;
  run: ScenarioRun;
  /** Where it is not as expected; empty: all is. */
  faults: readonly string[];
}

function testFile(file: string): Result<readonly Tested[]> {
  const text = readText(file);
  if (!text.ok) return text;
  const { test, findings } = parsePlanTest(file, text.value);
  if (test === null) {
    const lines = findings.map(formatFinding);
    return fail(problem('invalid-file', [`${file} is no file of plan tests`, ...lines].join('\n')));
  }
  const plan = readSoundPlan(join(dirname(file), test.plan), test.arguments ?? {});
  if (!plan.ok) return plan;
  const unknown = test.scenarios.flatMap((one) => namesNotOf(file, plan.value, one));
  if (unknown.length > 0) return fail(strange(unknown));
  const planSha256 = digestOf(plan.value);
  return ok(test.scenarios.map((scenario) => tested(file, plan.value, planSha256, scenario)));
}

function namesNotOf(file: string, plan: Plan, scenario: PlanScenario): string[] {
  const checks = plan.gates.flatMap((gate) => gate.checks.map(({ name }) => name));
  const phases = plan.phases.map(({ name }) => name);
  return unknownNames(scenario, plan.metrics, checks, phases).map(
    (name) => `${file}: scenario "${scenario.name}": the plan has no ${name}`,
  );
}

function strange(lines: readonly string[]): Problem {
  return problem('invalid-file', lines.join('\n'), 'auroractl plan show lists what the plan has');
}

function tested(file: string, plan: Plan, planSha256: string, scenario: PlanScenario): Tested {
  const run = runScenario(plan, planSha256, scenario);
  return { file, scenario: scenario.name, run, faults: faultsOf(scenario.expect, run) };
}

function faultsOf(expected: Expectation, run: ScenarioRun): string[] {
  const faults: string[] = [];
  if (run.outcome !== expected.outcome) {
    faults.push(`expected outcome ${expected.outcome}, got ${run.outcome}`);
  }
  if (expected.cause !== undefined && run.cause !== expected.cause) {
    faults.push(`expected cause ${expected.cause}, got ${run.cause ?? 'none'}`);
  }
  const road = run.road.map(({ phase }) => phase);
  if (expected.road !== undefined && expected.road.join() !== road.join()) {
    faults.push(`expected road ${expected.road.join(', ')}, got ${road.join(', ')}`);
  }
  const withinMs = expected.within === undefined ? null : parseDuration(expected.within);
  if (withinMs !== null && run.endedMs > withinMs) {
    faults.push(`expected an end within ${expected.within}`);
  }
  return faults;
}

function asText({ scenario, run, faults }: Tested): string {
  const word = faults.length === 0 ? 'ok  ' : 'FAIL';
  const lines = [`${word} ${scenario}: ${describeRun(run)}`, ...faults.map((one) => `     ${one}`)];
  return `${lines.join('\n')}\n`;
}
