import { problem } from '../../base/problem.ts';
import { type Finding, formatFinding } from '../../core/plan/check-plan.ts';
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
      flags: '-o, --output <format>',
      summary: 'how to print the findings',
      default: 'text',
      choices: ['text', 'json', 'yaml'],
    },
  ],
  example: 'auroractl plan check plans/smoke.yaml',
  exits: '0 all valid, 2 an error in a plan or a missing file',
  run: async (context, args) => {
    const given = planArguments(args.texts('arg'));
    if (!given.ok) return context.fail(given.problem);
    const checked: CheckedPlan[] = [];
    const codes: ExitCode[] = [];
    for (const file of args.operands) {
      const read = readPlan(file, given.value);
      if (!read.ok) {
        codes.push(context.fail(read.problem));
        continue;
      }
      const { plan, findings } = read.value;
      checked.push({ file, valid: plan !== null, findings });
    }
    const format = args.text('output');
    if (format === 'text') for (const one of checked) context.printText(asText(one));
    else {
      const view = { kind: 'PlanCheckList', data: { items: checked }, columns: [], rows: [] };
      await context.print(view, format);
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
}

function asText({ file, valid, findings }: CheckedPlan): string {
  const lines = findings.map(formatFinding);
  if (valid) lines.push(`${file}: valid`);
  return `${lines.join('\n')}\n`;
}
