import type { Problem } from '../../base/problem.ts';
import { changedSince, formatLock, lockPlan } from '../../core/plan/lock.ts';
import { type CommandDefinition, OUTPUT_OPTION } from '../command.ts';
import { EXIT, type ExitCode, gravest } from '../exit-codes.ts';
import { writeText } from '../files.ts';
import {
  PLAN_ARGUMENT_OPTION,
  type PlanArguments,
  planArguments,
  readSoundPlan,
} from '../plan-files.ts';
import { lockMismatch, lockPathOf, readPlanLock } from '../plan-lock-file.ts';

export const planLock: CommandDefinition = {
  name: 'plan lock',
  summary: 'lock resolved plans, or check them against their locks',
  operands: [{ name: '<file...>', summary: 'plan files', completes: 'file' }],
  options: [
    { flags: '--check', summary: 'write nothing; fail when a plan differs from its lock' },
    {
      flags: '--dry-run',
      summary: 'write nothing; show what would be locked',
      conflicts: ['check'],
    },
    PLAN_ARGUMENT_OPTION,
    OUTPUT_OPTION,
  ],
  example: 'auroractl plan lock plans/smoke.yaml --check',
  exits: '0 locked or valid, 2 dry run, invalid or missing plan, 3 differs from its lock',
  run: async (context, args) => {
    const given = planArguments(args.texts('arg'));
    if (!given.ok) return context.fail(given.problem);
    const mode = args.flag('check') ? 'check' : args.flag('dry-run') ? 'dry-run' : 'lock';
    const outcomes = args.operands.map((file) => carryOut(file, mode, given.value));
    const codes: ExitCode[] = outcomes.flatMap(({ problem: found }) =>
      found === null ? [] : [context.fail(found)],
    );
    await context.print(
      {
        kind: 'PlanLockList',
        data: { items: outcomes.map(({ file, result, sha256 }) => ({ file, result, sha256 })) },
        columns: [{ title: 'PLAN' }, { title: 'RESULT' }, { title: 'SHA256' }],
        rows: outcomes.map(({ file, result, sha256 }) => [file, result, sha256 ?? '-']),
      },
      args.text('output'),
    );
    return gravest(mode === 'dry-run' ? [...codes, EXIT.usage] : codes);
  },
};

type Mode = 'check' | 'dry-run' | 'lock';

interface Outcome {
  file: string;
  result: 'valid' | 'locked' | 'unchanged' | 'would lock' | 'differs' | 'not locked' | 'invalid';
  sha256: string | null;
  problem: Problem | null;
}

function carryOut(file: string, mode: Mode, args: PlanArguments): Outcome {
  const read = readSoundPlan(file, args);
  if (!read.ok) return { file, result: 'invalid', sha256: null, problem: read.problem };
  const plan = read.value;
  const made = lockPlan(plan);
  const outcome = (result: Outcome['result'], found: Problem | null = null): Outcome => {
    return { file, result, sha256: made.sha256, problem: found };
  };
  const path = lockPathOf(file);
  const lock = readPlanLock(path);
  const fits = lock?.ok === true && changedSince(lock.value, plan).length === 0;
  if (mode === 'check') {
    if (fits) return outcome('valid');
    return outcome(lock === null ? 'not locked' : 'differs', lockMismatch(file, lock, plan));
  }
  if (mode === 'dry-run') return outcome('would lock');
  if (fits) return outcome('unchanged');
  const written = writeText(path, formatLock(made));
  return written.ok ? outcome('locked') : outcome('not locked', written.problem);
}
