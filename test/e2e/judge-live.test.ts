/** The judge on real processes; `make bench-promises` is the long form, at 50 requests a second. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Type from 'typebox';
import { afterEach, expect, test } from 'vitest';
import { ControllerClient } from '../../src/cli/controller-client.ts';
import { promotionTree } from '../../src/cli/promotion-tree.ts';
import { PromotionView } from '../../src/protocol/controller.ts';
import { SplitterInterval } from '../../src/protocol/splitter.ts';
import { type Load, startLoad } from '../rig/load.ts';
import { nonceEnv } from '../rig/own-processes.ts';
import { closeAllRigs, type ServiceRig, withServiceRig } from '../rig/service-rig.ts';

const SAMPLE = join(import.meta.dirname, '../../workloads/sample/main.ts');
const Rows = Type.Array(SplitterInterval);
const PER_SECOND = 100;
const LIMIT_MS = 60_000;
const POLL_MS = 50;

afterEach(async () => {
  for (const name of Object.keys(nonceEnv(''))) delete process.env[name];
  await closeAllRigs();
});

interface Stage {
  rig: ServiceRig;
  view(): Promise<PromotionView>;
  until(done: (view: PromotionView) => boolean): Promise<PromotionView>;
  /** Steady requests to the door or a track, ended with the story. */
  load(port: number): Load;
}

interface Pair {
  stable: number;
  candidate: number;
}

/** A canary at half of the traffic, judged every second; its triggers leave errors to the judge. */
function planOf(candidate: number): string {
  const buckets = 'sample_request_duration_ms';
  const env = `SAMPLE_VERSION={version} SAMPLE_ERROR_RATE=${candidate}`;
  const command = `${env} exec '${process.execPath}' '${SAMPLE}'`;
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

function withCanary(pair: Pair, story: (stage: Stage) => Promise<void>): Promise<void> {
  const env = `SAMPLE_VERSION={version} SAMPLE_ERROR_RATE=${pair.stable}`;
  const command = `${env} exec '${process.execPath}' '${SAMPLE}'`;
  return withServiceRig({ workload: { command } }, async (rig) => {
    Object.assign(process.env, nonceEnv(rig.nonce));
    const loads: Load[] = [];
    const load = (port: number): Load => {
      const one = startLoad({ port, ratePerSecond: PER_SECOND, paths: ['/'], connections: 16 });
      loads.push(one);
      return one;
    };
    const client = new ControllerClient(rig.state);
    try {
      await rig.startKeeper();
      load((await rig.splitterState()).port);
      const text = planOf(pair.candidate);
      const body = {
        path: 'live.yaml',
        text,
        args: {},
        by: 'rm',
        rehearsal: false,
        supersede: false,
      };
      const opened = await client.ask(PromotionView, 'POST', '/promote', body);
      if (!opened.ok) throw new Error(opened.problem.message);
      const view = async (): Promise<PromotionView> => {
        const seen = await client.promotion(opened.value.id);
        if (!seen.ok) throw new Error(seen.problem.message);
        return seen.value;
      };
      const until: Stage['until'] = async (done) => {
        const endMs = performance.now() + LIMIT_MS;
        for (;;) {
          const seen = await view();
          if (done(seen)) return seen;
          if (performance.now() > endMs) throw new Error(`not in time: ${JSON.stringify(seen)}`);
          await sleep(POLL_MS);
        }
      };
      await story({ rig, view, until, load });
    } finally {
      await Promise.all(loads.map((one) => one.stop()));
      // The controller ends first: it would start a keeper that it misses.
      await client.ask(PromotionView, 'POST', '/stop');
      await sleep(300);
    }
  });
}

function ownVerdict({ verdict }: PromotionView) {
  return verdict === null || 'method' in verdict ? null : verdict;
}

test(
  'requests past the door: the tracks count them, promotion is blocked, and why is said',
  () =>
    withCanary({ stable: 0, candidate: 0 }, async ({ rig, view, until, load }) => {
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
    withCanary({ stable: 0.02, candidate: 0.2 }, async ({ rig, until }) => {
      const ended = await until(({ outcome }) => outcome !== null);
      expect(ended.outcome).toMatchObject({
        kind: 'rolled-back',
        cause: expect.stringContaining('the judge: the candidate is worse than stable'),
      });
      const { weights, candidate } = await rig.splitterState();
      expect([weights.candidate, candidate]).toEqual([0, null]);
    }),
  90_000,
);
