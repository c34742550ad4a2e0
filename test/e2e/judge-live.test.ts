/** The judge on real processes; `make bench-promises` is the long form, at 50 requests a second. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Type from 'typebox';
import { afterEach, expect, test } from 'vitest';
import { promotionTree } from '../../src/cli/promotion-tree.ts';
import type { PromotionView } from '../../src/protocol/controller.ts';
import { SplitterInterval } from '../../src/protocol/splitter.ts';
import { bench } from '../cli/program.ts';
import { nonceEnv } from '../rig/own-processes.ts';
import { closeAllRigs } from '../rig/service-rig.ts';
import { type Stage, sampleCommand, withCanary } from './live-rig.ts';

const Rows = Type.Array(SplitterInterval);
const PER_SECOND = 100;

afterEach(async () => {
  for (const name of Object.keys(nonceEnv(''))) delete process.env[name];
  await closeAllRigs();
});

interface Pair {
  stable: number;
  candidate: number;
}

/** A canary at half of the traffic, judged every second; its triggers leave errors to the judge. */
function planOf(candidate: number): string {
  const buckets = 'sample_request_duration_ms';
  const command = sampleCommand({ SAMPLE_ERROR_RATE: candidate });
  return JSON.stringify({
    apiVersion: 'aurora/v1',
    kind: 'Plan',
    name: 'live',
    service: 'sample',
    release: { version: '2.0.0', candidate: '2.0.0-rc.1', command },
    interval: '1s',
    controllerLoss: '10s',
    decision: 'none',
    metrics: {
      errors: { kind: 'rate', marginAbsolute: 0.02 },
      latency: {
        ...{ kind: 'histogram', edges: [100, 1_000], advisory: true },
        from: { source: 'scrape', buckets },
      },
    },
    judge: { dispersion: 'assumed 1', split: 'latency' },
    triggers: { 'candidate-down': 'down for 10s' },
    phases: [
      // By errors alone it is shown not worse long before its end.
      { kind: 'canary', weight: 50, duration: '10m', advance: 'when-shown', deadline: '20m' },
      { kind: 'rollout', steps: ['100% for 1s'] },
    ],
  });
}

/** Errors of both tracks. */
function withPair(pair: Pair, story: (stage: Stage) => Promise<void>): Promise<void> {
  const stable = { SAMPLE_ERROR_RATE: pair.stable };
  const plan = (): string => planOf(pair.candidate);
  return withCanary({ stable, perSecond: PER_SECOND, plan }, story);
}

function ownVerdict({ verdict }: PromotionView) {
  return verdict === null || 'method' in verdict ? null : verdict;
}

test(
  'requests past the door: the tracks count them, promotion is blocked, and why is said',
  () =>
    withPair({ stable: 0, candidate: 0 }, async ({ rig, view, until, load }) => {
      await until(({ weights }) => weights.candidate === 50);
      const { candidate } = await rig.splitterState();
      load(candidate?.port ?? 0);
      // All that promotion needs of the metrics is there: the split alone is in its way.
      const errorsPass = (seen: PromotionView): boolean =>
        ownVerdict(seen)?.metrics.find(({ metric }) => metric === 'errors')?.outcome === 'pass';
      await until((seen) => errorsPass(seen) && ownVerdict(seen)?.split.tripped === true);
      await sleep(2_000);
      const blocked = await view();
      expect(blocked).toMatchObject({ outcome: null, weights: { candidate: 50 } });
      const verdict = ownVerdict(blocked);
      expect(verdict).toMatchObject({ kind: 'inconclusive', split: { metric: 'latency' } });
      expect(verdict?.reason).toMatch(
        /^the candidate got [67]\d(?:\.\d+)? % of \d+ requests counted at the tracks, ordered were 50 %/,
      );
      expect(blocked.waiting.map(({ text }) => text)).toContain(
        'the judge says inconclusive; it must say promote',
      );
      const told = promotionTree(blocked, Date.now());
      expect(told).toMatch(
        /split: [67]\d\.\d+ % measured \(counted at the tracks by latency\), 50/,
      );
      expect(told).toContain('it is WRONG');
      // What the splitter counts of itself is right all the while.
      const rows = await rig.ask('splitter', 'GET', '/intervals?after=0&limit=1000', Rows);
      const shared = rows.filter(({ weights }) => weights?.candidate === 50);
      const sum = (track: 'stable' | 'candidate'): number =>
        shared.reduce((total, row) => total + (row[track]?.requests ?? 0), 0);
      expect(sum('candidate')).toBeGreaterThan(PER_SECOND);
      expect(sum('candidate') / (sum('candidate') + sum('stable'))).toBeCloseTo(0.5, 1);
    }),
  90_000,
);

test(
  '2 % against 20 % errors: rolled back by the judge',
  () =>
    withPair({ stable: 0.02, candidate: 0.2 }, async ({ rig, id, until }) => {
      const ended = await until(({ outcome }) => outcome !== null);
      expect(ended.outcome).toMatchObject({
        kind: 'rolled-back',
        cause: expect.stringContaining('the judge: the candidate is worse than stable'),
      });
      const { weights, candidate } = await rig.splitterState();
      expect([weights.candidate, candidate]).toEqual([0, null]);
      // From the ledger, a stranger to the controller: the same state, or it would say so.
      const picture = join(rig.state, 'judge.svg');
      const words = ['judge', '--promotion', id, '--state', rig.state];
      const { runWith, remove } = bench();
      const told = runWith({}, ...words, '--picture', picture);
      expect([told.code, told.out.split('\n')[0]]).toEqual([
        1,
        expect.stringMatching(/^rollback: the candidate is worse than stable: errors/),
      ]);
      expect(told.err).toMatch(/intervals of 1s of .*, from the ledger/);
      expect(readFileSync(picture, 'utf8')).toContain('rolls back');
      const otherwise = runWith({}, ...words, '--method', 'kayenta', '-o', 'json');
      expect(JSON.parse(otherwise.out)).toMatchObject({ settings: { method: 'kayenta' } });
      remove();
    }),
  90_000,
);
