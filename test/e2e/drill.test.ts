/** Drills on real processes: a second instance of stable, there and back, under load. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { fileEvidence } from '../../src/adapters/sources/file.ts';
import { openLedger, verifyLedgerOf } from '../../src/app.ts';
import type { CommandArgs, Context } from '../../src/cli/command.ts';
import { drill } from '../../src/cli/commands/drill.ts';
import { ControllerClient } from '../../src/cli/controller-client.ts';
import { exitCodeOf } from '../../src/cli/exit-codes.ts';
import { renderView } from '../../src/cli/output.ts';
import { type Promote, PromotionView } from '../../src/protocol/controller.ts';
import { startLoad } from '../rig/load.ts';
import { nonceEnv, ownProcesses } from '../rig/own-processes.ts';
import { closeAllRigs, type ServiceRig, withServiceRig } from '../rig/service-rig.ts';

const SAMPLE = join(import.meta.dirname, '../../workloads/sample/main.ts');
const QUICK_PLAN = join(import.meta.dirname, 'quick-plan.yaml');
const SECOND_MS = 1_000;

afterEach(async () => {
  for (const name of Object.keys(nonceEnv(''))) delete process.env[name];
  await closeAllRigs();
});

interface Said {
  code: number;
  out: string;
  err: string;
}

interface Stage {
  rig: ServiceRig;
  client: ControllerClient;
  port: number;
  reports: string;
  drill(kind: string, words?: Record<string, string>): Promise<Said>;
}

/** A service that runs, and a controller that belongs to the rig: it ends with it. */
function withDrills(
  story: (stage: Stage) => Promise<void>,
  options: Parameters<typeof withServiceRig>[0] = { traffic: { intervalMs: 250 } },
): Promise<void> {
  return withServiceRig(options, async (rig) => {
    Object.assign(process.env, nonceEnv(rig.nonce));
    await rig.startKeeper();
    const { port } = await rig.splitterState();
    const client = new ControllerClient(rig.state);
    const reports = join(rig.state, 'reports');
    const run: Stage['drill'] = (kind, words = {}) => {
      const report = join(reports, `${kind}-drill.json`);
      const given = { report, state: rig.state, by: 'sre', limit: '1m', weight: '10', ...words };
      return call([kind, 'sample'], { hold: '1s', output: 'json', ...given });
    };
    try {
      await story({ rig, client, port, reports, drill: run });
    } finally {
      await stopController(rig);
    }
  });
}

/** It ends before the keeper: it would start one that it misses. */
async function stopController({ state, nonce }: ServiceRig): Promise<void> {
  const isThere = (): boolean =>
    ownProcesses(nonce).some(({ command }) => /server(?:\/main\.ts|\.js)/.test(command));
  if (isThere()) await new ControllerClient(state).ask(PromotionView, 'POST', '/stop');
  while (isThere()) await pause(20);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function call(operands: string[], words: Record<string, string>): Promise<Said> {
  const said = { out: '', err: '' };
  const note = (line: string): void => {
    said.err += `${line}\n`;
  };
  const context: Context = {
    version: '0',
    isTerminal: false,
    terminalSize: () => ({ columns: 80, rows: 24 }),
    nowMs: Date.now,
    print: async (view, format) => {
      said.out += await renderView(view, format);
    },
    printText: (text) => {
      said.out += text;
    },
    note,
    fail: ({ code, message, hint }) => {
      note(`error: ${message}`);
      if (hint !== undefined) note(`hint: ${hint}`);
      return exitCodeOf(code);
    },
  };
  const args: CommandArgs = {
    operands,
    flag: () => false,
    text: (name) => words[name] ?? null,
    texts: () => [],
  };
  const code = await drill.run(context, args);
  return { code, ...said };
}

async function expectAlone({ rig }: Stage, version: string): Promise<void> {
  const { instances } = await rig.keeperState();
  expect(instances.map((one) => [one.track, one.version])).toEqual([['stable', version]]);
  const { weights, candidate } = await rig.splitterState();
  expect([weights.candidate, candidate]).toEqual([0, null]);
}

async function expectIntact({ rig }: Stage): Promise<void> {
  const vkey = readFileSync(join(rig.state, 'log.vkey'), 'utf8').trim();
  const verified = await verifyLedgerOf(rig.state, vkey);
  expect(verified.ok && verified.value.damageCount).toBe(0);
}

test(
  'rollback, halt and failover under load: no request fails, nothing is adopted, all is recorded',
  () =>
    withDrills(async (stage) => {
      const { rig, client, port, reports } = stage;
      const before = await rig.keeperState();
      const load = startLoad({ port, ratePerSecond: 100, paths: ['/'], connections: 8 });
      for (const [kind, order] of [
        ['rollback', 'rollback'],
        ['halt', 'halt'],
        ['failover', 'rollback'],
      ] as const) {
        const { code, out, err } = await stage.drill(kind);
        expect(code, err).toBe(0);
        const report = JSON.parse(out);
        const [first = ''] = kind;
        expect(report).toMatchObject({
          ...{ apiVersion: 'aurora/v1', kind: `${first.toUpperCase()}${kind.slice(1)}Drill` },
          ...{ service: 'sample', stable: '1.0.0', by: 'sre', passed: true, limitSeconds: 60 },
        });
        expect(report.seconds).toBeGreaterThan(0);
        expect(report.seconds).toBeLessThanOrEqual(60);
        expect(readFileSync(join(reports, `${kind}-drill.json`), 'utf8')).toBe(out);
        const found = await client.promotion(report.promotion);
        if (!found.ok) throw new Error(found.problem.message);
        expect(found.value).toMatchObject({
          ...{ rehearsal: true, by: 'sre', service: 'sample', version: '1.0.0' },
          outcome: { kind: 'rolled-back', ga: false, cause: `${order} by sre: drill: ${kind}` },
        });
        await expectAlone(stage, '1.0.0');
        await expectLeaf(rig.state, report);
      }
      const { failed, byVersion, byInstance } = await load.stop();
      expect(failed).toEqual([]);
      expect(Object.keys(byVersion)).toEqual(['1.0.0']);
      // Stable, and a second instance in each of the three drills.
      expect(Object.keys(byInstance).length).toBe(4);
      const after = await rig.keeperState();
      expect(after.instances[0]?.process.pid).toBe(before.instances[0]?.process.pid);
      // As a plan's gate reads it.
      const query = {
        source: 'file',
        path: 'reports/rollback-drill.json',
        field: 'seconds',
      } as const;
      const evidence = await fileEvidence(query, { workFolder: rig.state });
      expect(evidence).toMatchObject({ kind: 'number' });
      await expectIntact(stage);
    }),
  120_000,
);

async function expectLeaf(
  state: string,
  report: { promotion: string; ledgerLeaf: number },
): Promise<void> {
  const ledger = await openLedger(state);
  if (!ledger.ok) throw new Error(ledger.problem.message);
  const leaf = ledger.value.leaf(report.ledgerLeaf);
  const listed = ledger.value.list({ promotion: report.promotion, limit: 1_000 });
  ledger.value.close();
  if (!leaf.ok || !listed.ok) throw new Error('the ledger cannot be read');
  expect(leaf.value?.promotion).toBe(report.promotion);
  expect(listed.value.some(({ body }) => body.includes('"rehearsal":true'))).toBe(true);
}

test(
  'a service that nobody uses is asked through its door; an active promotion is left alone',
  () =>
    withDrills(async (stage) => {
      const { client, reports } = stage;
      const failover = await stage.drill('failover');
      expect(failover.code, failover.err).toBe(0);
      const opened = await client.ask(PromotionView, 'POST', '/promote', quickPromotion());
      if (!opened.ok) throw new Error(opened.problem.message);
      const { code, out, err } = await stage.drill('rollback');
      expect({ code, out }).toEqual({ code: 4, out: '' });
      expect(err).toContain(`error: sample is being promoted already: ${opened.value.id}\nhint: `);
      expect(existsSync(join(reports, 'rollback-drill.json'))).toBe(false);
      const still = await client.promotion(opened.value.id);
      expect(still.ok && [still.value.back, still.value.outcome]).toEqual([null, null]);
      const { id } = opened.value;
      const order = { id, command: 'abort', by: 'rm', reason: 'the test is over' };
      await client.ask(PromotionView, 'POST', '/command', order);
      await untilOutcome(client, id);
    }),
  90_000,
);

test(
  'of a promoted stable the same build is started; what is not the release is not started at all',
  () =>
    withDrills(async (stage) => {
      const { client, port } = stage;
      const opened = await client.ask(PromotionView, 'POST', '/promote', quickPromotion());
      if (!opened.ok) throw new Error(opened.problem.message);
      const load = startLoad({ port, ratePerSecond: 100, paths: ['/'], connections: 8 });
      const ended = await untilOutcome(client, opened.value.id);
      expect(ended.outcome).toMatchObject({ kind: 'promoted', cause: null });
      const { code, err } = await stage.drill('rollback', { weight: '50' });
      expect(code, err).toBe(0);
      const { failed, byVersion } = await load.stop();
      expect(failed).toEqual([]);
      // The build's own word: `{version}` is what it was started with, not what it is called now.
      expect(Object.keys(byVersion).toSorted()).toEqual(['1.0.0', '2.0.0-rc.1']);
      await expectAlone(stage, '2.0.0');
    }),
  120_000,
);

test(
  'a second instance that does not come up, or a limit that is too short: 1, and no gate passes',
  () =>
    withDrills(
      async (stage) => {
        const { reports } = stage;
        const broken = await stage.drill('failover', { command: 'exit 3' });
        expect(broken.code, broken.err).toBe(1);
        expect(broken.err).toContain('error: the drill did not pass: ');
        expect(broken.err).toContain('hint: auroractl status ');
        const report = JSON.parse(readFileSync(join(reports, 'failover-drill.json'), 'utf8'));
        expect(report).toMatchObject({ passed: false, seconds: null });
        await expectAlone(stage, '1.0.0');
        const query = { source: 'file', path: 'failover-drill.json', field: 'seconds' } as const;
        const evidence = await fileEvidence(query, { workFolder: reports });
        expect(evidence.kind).toBe('error');
        const slow = await stage.drill('rollback', { limit: '1ms' });
        expect(slow.code, slow.err).toBe(1);
        const { passed, seconds } = JSON.parse(slow.out);
        expect([passed, seconds > 0.001]).toEqual([false, true]);
        await expectAlone(stage, '1.0.0');
      },
      { traffic: { intervalMs: 250 }, workload: { healthDeadlineMs: 2 * SECOND_MS } },
    ),
  90_000,
);

test('words that mean nothing, and a service that is not there: 2, nothing is begun', async () => {
  const state = '/nonexistent/state';
  const words = { limit: '5m', hold: '5s', weight: '1', output: 'table', state };
  for (const [operands, more, expected] of [
    [['roll', 'web'], {}, /^error: expected rollback, failover, halt, found "roll"\nhint: /],
    [['rollback', 'web'], { limit: 'soon' }, /^error: expected a duration .* as --limit/],
    [['rollback', 'web'], { weight: '100' }, /^error: expected a percentage .* found "100"/],
    [['halt', 'web'], { hold: '-1s' }, /^error: expected a duration .* as --hold/],
    [['rollback', 'web'], {}, /^error: there is no service web\nhint: /],
  ] as const) {
    const { code, out, err } = await call([...operands], { ...words, ...more });
    expect({ code, out, err }).toEqual({ code: 2, out: '', err: expect.stringMatching(expected) });
  }
});

function quickPromotion(): Promote {
  const command = `SAMPLE_VERSION={version} exec '${process.execPath}' '${SAMPLE}'`;
  const text = readFileSync(QUICK_PLAN, 'utf8')
    .replace(
      'candidate: 2.0.0-rc.1\n',
      `candidate: 2.0.0-rc.1\n  command: ${JSON.stringify(command)}\n`,
    )
    .replace('duration: 6s', 'duration: 2s')
    .replace('requestsMin: 100', 'requestsMin: 1')
    .replace('50% for 3s, 100% for 3s', '50% for 1s, 100% for 1s');
  const path = 'quick-plan.yaml';
  return { path, text, args: {}, by: 'rm', rehearsal: false, supersede: false };
}

async function untilOutcome(client: ControllerClient, id: string): Promise<PromotionView> {
  const endMs = performance.now() + 60_000;
  for (;;) {
    const seen = await client.promotion(id);
    if (seen.ok && seen.value.outcome !== null) return seen.value;
    if (performance.now() > endMs) throw new Error(`not in time: ${JSON.stringify(seen)}`);
    await pause(50);
  }
}
