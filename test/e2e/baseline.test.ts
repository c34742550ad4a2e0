/**
 * `judge.baseline: fresh` on real processes. What a young process does worse than an old one is not
 * the release's doing: the same build is rolled back against stable, and not against a fresh baseline.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import Type from 'typebox';
import { afterEach, expect, test } from 'vitest';
import { PromotionView } from '../../src/protocol/controller.ts';
import { SplitterInterval } from '../../src/protocol/splitter.ts';
import { nonceEnv } from '../rig/own-processes.ts';
import { closeAllRigs } from '../rig/service-rig.ts';
import { type Stage, sampleCommand, withCanary } from './live-rig.ts';

const Rows = Type.Array(SplitterInterval);
const PER_SECOND = 200;
/** Half of the requests fail at first, none after ten seconds: a cache that fills. */
const COLD = { SAMPLE_ERROR_RATE: 0.5, SAMPLE_DRIFT: 'errors:-3/min' };
const WARM_MS = 10_500;

afterEach(async () => {
  for (const name of Object.keys(nonceEnv(''))) delete process.env[name];
  await closeAllRigs();
});

function planOf(judge: Record<string, string>): string {
  return JSON.stringify({
    apiVersion: 'aurora/v1',
    kind: 'Plan',
    name: 'young',
    service: 'sample',
    release: { version: '2.0.0', candidate: '2.0.0-rc.1', command: sampleCommand(COLD) },
    interval: '1s',
    controllerLoss: '30s',
    decision: 'none',
    phases: [
      { kind: 'canary', weight: 5, duration: '10m', deadline: '20m' },
      { kind: 'rollout', steps: ['100% for 1s'] },
    ],
    metrics: { errors: { kind: 'rate', marginAbsolute: 0.02 } },
    judge: { dispersion: 'assumed 1', ...judge },
    triggers: { 'candidate-down': 'down for 20s' },
  });
}

function withYoung(judge: Record<string, string>, story: (stage: Stage) => Promise<void>) {
  const plan = (): string => planOf(judge);
  return withCanary({ stable: COLD, ageMs: WARM_MS, perSecond: PER_SECOND, plan }, story);
}

test(
  'held against stable, which is old: rolled back',
  () =>
    withYoung({}, async ({ until }) => {
      const ended = await until(({ outcome }) => outcome !== null);
      expect(ended.outcome).toMatchObject({ kind: 'rolled-back' });
      expect(ended.outcome?.cause).toContain('worse than stable');
    }),
  120_000,
);

test(
  'held against a fresh instance: not; it may die, and it goes with the candidate',
  () =>
    withYoung({ baseline: 'fresh' }, async ({ rig, client, id, until, view }) => {
      await until(({ weights }) => weights.candidate === 5);
      const { instances } = await rig.keeperState();
      const [stable, candidate, baseline] = (['stable', 'candidate', 'baseline'] as const).map(
        (track) => instances.find((one) => one.track === track),
      );
      expect(baseline).toMatchObject({ version: stable?.version, command: stable?.command });
      expect(candidate?.version).toBe('2.0.0-rc.1');
      await sleep(WARM_MS);
      const seen = await view();
      expect(seen).toMatchObject({ outcome: null, weights: { candidate: 5 } });
      const verdict = seen.verdict === null || 'method' in seen.verdict ? null : seen.verdict;
      expect(verdict?.freshPairs).toBeGreaterThan(3);
      expect(verdict?.freshPairs).toBe(verdict?.pairs);
      // Of its death nobody but the comparison hears.
      process.kill(baseline?.process.pid ?? 0, 'SIGKILL');
      const restarts = async (): Promise<number> =>
        (await rig.keeperState()).instances.find(({ track }) => track === 'baseline')?.process
          .restarts ?? 0;
      await expect.poll(restarts, { timeout: 15_000 }).toBe(1);
      const rows = await rig.ask('splitter', 'GET', '/intervals?after=0&limit=1000', Rows);
      const shared = rows.filter(({ weights }) => weights?.candidate === 5);
      const sum = (track: 'candidate' | 'baseline'): number =>
        shared.reduce((total, row) => total + (row[track]?.requests ?? 0), 0);
      expect(sum('baseline') / sum('candidate')).toBeGreaterThan(0.5);
      expect((await view()).outcome).toBeNull();
      const order = { id, command: 'rollback', by: 'rm', reason: 'enough was seen' };
      const back = await client.ask(PromotionView, 'POST', '/command', order);
      expect(back.ok).toBe(true);
      await until(({ outcome }) => outcome !== null);
      const left = (await rig.keeperState()).instances.map(({ track }) => track);
      expect(left).toEqual(['stable']);
    }),
  120_000,
);
