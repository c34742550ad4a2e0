/** The main job on real processes: controller, keeper, splitter, tracks, ledger. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { verifyLedgerOf } from '../../src/app.ts';
import { ControllerClient } from '../../src/cli/controller-client.ts';
import { PromotionView } from '../../src/protocol/controller.ts';
import { startLoad } from '../rig/load.ts';
import { nonceEnv, ownProcesses } from '../rig/own-processes.ts';
import { closeAllRigs, type ServiceRig, withServiceRig } from '../rig/service-rig.ts';

const PLAN = join(import.meta.dirname, 'quick-plan.yaml');
const SAMPLE = join(import.meta.dirname, '../../workloads/sample/main.ts');

afterEach(async () => {
  for (const name of Object.keys(nonceEnv(''))) delete process.env[name];
  await closeAllRigs();
});

interface Stage {
  rig: ServiceRig;
  client: ControllerClient;
  port: number;
  promote(more?: { errorRate?: number }): Promise<PromotionView>;
  until(
    id: string,
    done: (view: PromotionView) => boolean,
    limitMs?: number,
  ): Promise<PromotionView>;
}

/** A service that runs, and a controller that belongs to the rig: it ends with it. */
function withPromotion(story: (stage: Stage) => Promise<void>): Promise<void> {
  return withServiceRig({}, async (rig) => {
    Object.assign(process.env, nonceEnv(rig.nonce));
    await rig.startKeeper();
    const { port } = await rig.splitterState();
    const client = new ControllerClient(rig.state);
    const promote: Stage['promote'] = async ({ errorRate = 0 } = {}) => {
      const env = `SAMPLE_VERSION={version} SAMPLE_ERROR_RATE=${errorRate}`;
      const command = `${env} exec '${process.execPath}' '${SAMPLE}'`;
      const text = readFileSync(PLAN, 'utf8').replace(
        'candidate: 2.0.0-rc.1\n',
        `candidate: 2.0.0-rc.1\n  command: ${JSON.stringify(command)}\n`,
      );
      const body = {
        path: 'quick-plan.yaml',
        text,
        args: {},
        by: 'rm',
        rehearsal: false,
        supersede: false,
      };
      const opened = await client.ask(PromotionView, 'POST', '/promote', body);
      if (!opened.ok) throw new Error(opened.problem.message);
      return opened.value;
    };
    const until: Stage['until'] = async (id, done, limitMs = 60_000) => {
      const endMs = performance.now() + limitMs;
      for (;;) {
        const seen = await client.promotion(id);
        if (seen.ok && done(seen.value)) return seen.value;
        if (performance.now() > endMs) throw new Error(`not in time: ${JSON.stringify(seen)}`);
        await sleep(50);
      }
    };
    await story({ rig, client, port, promote, until });
    // The controller ends first: it would start a keeper that it misses.
    await client.ask(PromotionView, 'POST', '/stop');
    await sleep(300);
  });
}

function controllerPid({ rig }: Stage): number {
  const found = ownProcesses(rig.nonce).find(({ command }) =>
    /server(?:\/main\.ts|\.js)/.test(command),
  );
  if (found === undefined) throw new Error('no controller runs');
  return found.pid;
}

async function ledgerIsIntact({ rig }: Stage): Promise<void> {
  const vkey = readFileSync(join(rig.state, 'log.vkey'), 'utf8').trim();
  const verified = await verifyLedgerOf(rig.state, vkey);
  expect(verified.ok && verified.value.damageCount).toBe(0);
}

test(
  'a good candidate becomes stable; no request fails; the ledger verifies',
  () =>
    withPromotion(async (stage) => {
      const load = startLoad({
        port: stage.port,
        ratePerSecond: 150,
        paths: ['/'],
        connections: 16,
      });
      const { id } = await stage.promote();
      const ended = await stage.until(id, ({ outcome }) => outcome !== null);
      const report = await load.stop();
      expect(ended.outcome).toMatchObject({ kind: 'promoted', ga: false });
      expect(report.failed).toEqual([]);
      const { instances } = await stage.rig.keeperState();
      expect(instances.map(({ track, version }) => [track, version])).toEqual([
        ['stable', '2.0.0'],
      ]);
      expect(Object.keys(report.byVersion).toSorted()).toEqual(['1.0.0', '2.0.0-rc.1']);
      await ledgerIsIntact(stage);
    }),
  90_000,
);

test(
  'a candidate that fails every request is rolled back within a few intervals',
  () =>
    withPromotion(async (stage) => {
      const load = startLoad({
        port: stage.port,
        ratePerSecond: 150,
        paths: ['/'],
        connections: 16,
      });
      const { id } = await stage.promote({ errorRate: 1 });
      await stage.until(id, ({ weights }) => weights.candidate > 0);
      const raisedMs = performance.now();
      const ended = await stage.until(id, ({ outcome }) => outcome !== null);
      expect(performance.now() - raisedMs).toBeLessThan(20_000);
      await load.stop();
      expect(ended.outcome?.kind).toBe('rolled-back');
      expect(ended.outcome?.cause).toMatch(/many-errors|the judge/);
      const { weights, candidate } = await stage.rig.splitterState();
      expect([weights.candidate, candidate]).toEqual([0, null]);
      await ledgerIsIntact(stage);
    }),
  90_000,
);

test(
  'controller killed, candidate turns bad, nobody restarts anything: no share after controllerLossMs and a second',
  () =>
    withPromotion(async (stage) => {
      const load = startLoad({
        port: stage.port,
        ratePerSecond: 150,
        paths: ['/'],
        connections: 16,
      });
      const { id } = await stage.promote();
      await stage.until(id, ({ weights }) => weights.candidate === 20);
      process.kill(controllerPid(stage), 'SIGKILL');
      const killedMs = performance.now();
      const { instances } = await stage.rig.keeperState();
      const candidate = instances.find(({ track }) => track === 'candidate');
      await fetch(`http://127.0.0.1:${candidate?.port}/knobs`, {
        method: 'PUT',
        body: JSON.stringify({ SAMPLE_ERROR_RATE: '1' }),
      });
      while ((await stage.rig.splitterState()).weights.candidate > 0) await sleep(20);
      expect(performance.now() - killedMs).toBeLessThan(9_000);
      await sleep(500);
      const failedBefore = load.failedSoFar.length;
      await sleep(1_000);
      expect(load.failedSoFar.length).toBe(failedBefore);
      expect(failedBefore).toBeGreaterThan(10);
      // A new controller learns what happened without it.
      const ended = await stage.until(id, ({ outcome }) => outcome !== null);
      expect(ended.outcome?.kind).toBe('rolled-back');
      await load.stop();
      await ledgerIsIntact(stage);
    }),
  90_000,
);
