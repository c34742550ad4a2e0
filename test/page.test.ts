/** Who is to be woken is called for an hour; other messages are let go after five attempts. */
import { expect, test } from 'vitest';
import type { PendingEffect } from '../src/core/promotion/state.ts';
import { HOUR_MS, MachineRig, MINUTE_MS } from './mended-machine-rig.ts';
import { simPlan } from './sim/sim-plan.ts';

function pages(rig: MachineRig, level: string): PendingEffect[] {
  return rig.state.pending.filter(
    ({ effect }) => effect.kind === 'notify' && effect.level === level,
  );
}

/** The notifier takes nothing; what waits is tried again when it is due. */
function failAll(rig: MachineRig): void {
  for (const { effect } of rig.state.pending.filter((one) => one.effect.kind === 'notify')) {
    const failed = { kind: 'effect-failed', effect: effect.id, message: 'no network' } as const;
    rig.tell({ ...failed, reason: 'unavailable' });
  }
}

test('a page is tried for an hour, and no longer', () => {
  const rig = new MachineRig(simPlan('shop').phases);
  rig.tell({ kind: 'incident', id: 'i', severity: 1, title: 'down', resolved: false });
  rig.command('abort');
  const [first] = pages(rig, 'critical');
  expect(first?.effect).toMatchObject({ kind: 'notify', level: 'critical' });
  const startMs = rig.now;
  for (let attempt = 0; attempt < 20; attempt += 1) {
    failAll(rig);
    rig.wait(MINUTE_MS);
  }
  expect(pages(rig, 'critical').map(({ effect }) => effect.id)).toContain(first?.effect.id);
  expect(pages(rig, 'info')).toEqual([]);
  while (rig.now < startMs + HOUR_MS) rig.wait(MINUTE_MS);
  failAll(rig);
  expect(pages(rig, 'critical')).toEqual([]);
});
