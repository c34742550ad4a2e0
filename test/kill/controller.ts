/**
 * A controller in a process of its own, to be killed: real store, real lease, real recovery; the
 * world is asked over the process channel. AURORA_KILL_AT=n and AURORA_KILL_WHEN=before|after name
 * the append at which it kills itself.
 */
import { join } from 'node:path';
import { openKeyFile } from '../../src/adapters/signer/file.ts';
import { openSqliteStore } from '../../src/adapters/store/sqlite.ts';
import { canonicalJson } from '../../src/base/canonical-json.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { World } from '../../src/engine/perform.ts';
import type { Clock, LedgerStore } from '../../src/engine/ports.ts';
import { takeLock } from '../../src/process/exclusive-lock.ts';
import type { Call, FromController, Order, ToController } from './protocol.ts';

const directory = process.argv[2] ?? '';
const takeOver = process.argv[3] === 'take-over';
const killAt = Number(process.env.AURORA_KILL_AT ?? '0');
const killWhen = process.env.AURORA_KILL_WHEN ?? 'before';

let now = 0;
let appends = 0;
let calls = 0;
const answers = new Map<number, (value: unknown) => void>();

function send(message: FromController): void {
  process.send?.(message);
}

function ask(port: Call['port'], method: string, args: readonly unknown[]): Promise<never> {
  calls += 1;
  const id = calls;
  send({ kind: 'call', id, port, method, args });
  return new Promise((resolve) => answers.set(id, resolve as (value: unknown) => void));
}

function port(name: Call['port']): unknown {
  return new Proxy(
    {},
    {
      get:
        (_, method) =>
        (...args: unknown[]) =>
          ask(name, String(method), args),
    },
  );
}

function killHere(when: string): void {
  if (appends === killAt && killWhen === when) process.kill(process.pid, 'SIGKILL');
}

function watched(store: LedgerStore): LedgerStore {
  return {
    ...store,
    append: async (batch) => {
      appends += 1;
      killHere('before');
      const written = await store.append(batch);
      killHere('after');
      if (written.ok) send({ kind: 'acknowledged', bodies: batch.leaves.map(({ body }) => body) });
      return written;
    },
  };
}

async function main(): Promise<void> {
  const lease = takeLock(join(directory, 'controller.lock'), 'controller', takeOver);
  if (!lease.ok) throw new Error(lease.problem.message);
  const store = openSqliteStore(join(directory, 'ledger.db'));
  if (!store.ok) throw new Error(store.problem.message);
  const signer = openKeyFile(join(directory, 'log.key'));
  if (!signer.ok) throw new Error(signer.problem.message);
  const clock: Clock = { now: () => now, monotonic: () => now, sleep: () => Promise.resolve() };
  now = Number(process.env.AURORA_NOW ?? '0');
  const world = {
    traffic: port('traffic'),
    workload: port('workload'),
    evidence: port('evidence'),
    hooks: port('hooks'),
    notifier: port('notifier'),
    load: { generate: async () => ({ ok: true, value: undefined }) },
  } as World;
  process.on('message', (message: ToController) => {
    if (message.kind === 'answer') {
      answers.get(message.id)?.(message.value);
      answers.delete(message.id);
    } else {
      void carryOut(message);
    }
  });
  const opened = await Engine.open({
    world,
    store: watched(store.value),
    signer: signer.value,
    clock,
    origin: 'kill.aurora.example',
  });
  if (!opened.ok) throw new Error(opened.problem.message);
  const engine = opened.value;
  await engine.idle();
  const head = await store.value.head();
  const isNew = head.ok && head.value.size === 0;
  send({ kind: 'open', isNew, promotions: engine.promotions.map(({ id }) => id) });

  async function carryOut(order: Order): Promise<void> {
    let problem: string | null = null;
    if (order.kind === 'promote') {
      const started = await engine.promote(order.plan, 'rm-1', false);
      if (!started.ok) problem = started.problem.message;
    } else {
      now = order.now;
      if (order.kind === 'turn') await engine.turn();
      else
        problem = (await engine.post(engine.promotions[0]?.id ?? '', order.event))?.message ?? null;
    }
    await engine.idle();
    problem ??= engine.problem?.message ?? null;
    const runner = engine.promotions[0];
    const state = runner === undefined ? null : canonicalJson(runner.state);
    send({ kind: 'quiet', state, ended: runner?.ended ?? false, problem });
  }
}

main().catch((error: unknown) => {
  send({ kind: 'failed', message: String(error) });
  process.exitCode = 1;
});
