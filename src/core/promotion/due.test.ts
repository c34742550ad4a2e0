/** Over whole promotions with faults: a tick before the due time changes nothing. */
import { expect, test } from 'vitest';
import { scenarioPlan } from '../../../test/scenario/scenario-plan.ts';
import { words } from '../../../test/scenario/script.ts';
import { StageRun } from '../../../test/scenario/stage.ts';
import { prng } from '../../base/prng.ts';
import { nextDueMs } from './due.ts';
import { transition } from './transition.ts';

const COMMANDS = [
  ...['ok', 'ok', 'ok', 'intervals 1', 'intervals 3', 'intervals 6', 'intervals 2 candidate=down'],
  ...['fail', 'fail refused', 'evidence queue=20', 'evidence queue=5', 'evidence queue=none'],
  ...[
    'wait 1s',
    'wait 1m',
    'wait 7m',
    'wait 1h',
    'command pause',
    'command resume',
    'command retry',
  ],
  ...['sign sre-lead sre-1', 'sign release-manager rm-1', 'skip health rm-1', 'drift a', 'drift'],
  ...['observe 0 fallback', 'incident i 1', 'incident i 1 resolved'],
] as const;
const PLANS = [
  'plan',
  'plan decision=none',
  'plan goMaxAge=10m',
  'plan rule=green-yellow-red',
] as const;

test.each([...PLANS])('%s', (first) => {
  let checked = 0;
  for (let seed = 1; seed <= 40; seed += 1) {
    const chance = prng(seed);
    const gate = 'gate health impact=MEDIUM conditionWithin=30m';
    const freeze = 'freeze from=2026-11-23T09:10:00Z to=2026-11-23T09:40:00Z';
    const stage = new StageRun(scenarioPlan([first, gate, freeze].map(words)));
    stage.run('open rm-1');
    for (let turn = 0; turn < 60 && stage.state?.outcome === null; turn += 1) {
      stage.run(chance.pick(COMMANDS));
      const { state, plan, now } = stage;
      if (state === null) continue;
      const dueMs = nextDueMs(plan, state, now);
      const untilMs = dueMs ?? now + 90 * 86_400_000;
      for (const at of [now, now + Math.floor((untilMs - now) / 2), untilMs - 1]) {
        if (at < now || at >= untilMs) continue;
        const tick = transition(plan, '00'.repeat(32), state, { kind: 'tick' }, at);
        expect(tick.effects, `seed ${seed}, turn ${turn}`).toEqual([]);
        expect(tick.state).toBe(state);
        checked += 1;
      }
    }
  }
  expect(checked).toBeGreaterThan(500);
});
