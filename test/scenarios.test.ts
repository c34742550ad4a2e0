/**
 * Stories of the promotion machine as text, with what it said recorded beside each command. A test
 * fails when a story says something else now, and when something the machine can do has no story.
 * `make scenarios-update` rewrites the recordings; the diff is what gets reviewed.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Phase, Plan } from '../src/core/plan/plan.ts';
import { WAITING_KINDS } from '../src/core/promotion/explain.ts';
import { scenarioPlan } from './scenario/scenario-plan.ts';
import { type Block, formatScenario, parseScenario, words } from './scenario/script.ts';
import { StageRun } from './scenario/stage.ts';

const FOLDER = join(import.meta.dirname, 'scenarios');
const seen = new Set<string>();

function play(blocks: readonly Block[]): Block[] {
  let stage: StageRun | null = null;
  const played = blocks.map((block): Block => {
    const [first = ''] = block.commands;
    if (first.startsWith('plan')) {
      const plan = scenarioPlan(block.commands.map(words));
      stage = new StageRun(plan);
      return { ...block, recorded: summary(plan) };
    }
    if (block.commands.length === 0) return block;
    if (stage === null) throw new Error('a scenario begins with its plan');
    const running: StageRun = stage;
    return { ...block, recorded: block.commands.map((line) => running.run(line)).join('\n') };
  });
  for (const item of stage === null ? [] : (stage as StageRun).seen) seen.add(item);
  return played;
}

function summary(plan: Plan): string {
  return plan.phases.map((phase: Phase) => `${phase.name} (${phase.kind})`).join(' -> ');
}

describe('scenarios', () => {
  for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.txt'))) {
    test(basename(file, '.txt'), () => {
      const path = join(FOLDER, file);
      const text = readFileSync(path, 'utf8');
      const played = formatScenario(play(parseScenario(text)));
      if (process.env.AURORA_UPDATE === '1') writeFileSync(path, played);
      else expect(played).toBe(text);
    });
  }
});

/** All that must be told somewhere: unions of the machine, spelled out. */
const TO_BE_TOLD = [
  ...['perimeter', 'soak', 'canary', 'decision', 'rollout', 'watch'].map((one) => `phase ${one}`),
  ...['before', 'start', 'shift', 'run', 'review', 'after', 'adopt', 'back', 'ended'].map(
    (one) => `stage ${one}`,
  ),
  ...['effect-failed', 'hook-failed', 'gate-failed', 'deadline'].map((one) => `hold ${one}`),
  ...[
    'trigger',
    'verdict',
    'gate',
    'soak-breach',
    'no-go',
    'rejected',
    'deadline',
    'condition',
    'hook',
    'person',
    'superseded',
    'plan-ends',
  ].map((one) => `cause ${one}`),
  ...['promoted', 'rolled-back', 'withdrawn'].map((one) => `outcome ${one}`),
  ...WAITING_KINDS.map((one) => `waiting ${one}`),
];

test('every stage, hold, cause, outcome and reason to wait has a scenario', () => {
  expect(TO_BE_TOLD.filter((one) => !seen.has(one))).toEqual([]);
});
