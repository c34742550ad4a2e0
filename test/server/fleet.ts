import { existsSync, mkdirSync } from 'node:fs';
import { createKeyFile, openKeyFile } from '../../src/adapters/signer/file.ts';
import { openSqliteStore } from '../../src/adapters/store/sqlite.ts';
import { stateFiles } from '../../src/app.ts';
import { type Controller, pastOf } from '../../src/app-controller.ts';
import { ok, type Result } from '../../src/base/result.ts';
import type { Interval, TrackInterval } from '../../src/core/evidence/interval.ts';
import type { Plan } from '../../src/core/plan/plan.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { World } from '../../src/engine/perform.ts';
import type { Clock } from '../../src/engine/ports.ts';
import { FakeService } from '../sim/fake-service.ts';
import { PHASE_DEFAULTS, simPlan } from '../sim/sim-plan.ts';

export const MINUTE_MS = 60_000;
const REQUESTS = 1_000;

export function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.problem.code}: ${result.problem.message}`);
  return result.value;
}

/** A plan of minutes: a canary that nobody judges, then all traffic. Errors count at the splitter. */
export function fleetPlan(service: string, version = '1.0.0', canaryMs = MINUTE_MS): Plan {
  const canary = {
    ...PHASE_DEFAULTS,
    kind: 'canary',
    name: 'canary',
    weightPct: 20,
    durationMs: canaryMs,
    requestsMin: 1,
    checkpointsMs: [],
    advance: 'at-end',
    judged: false,
    deadlineMs: null,
  } as const;
  const rollout = {
    ...PHASE_DEFAULTS,
    kind: 'rollout',
    name: 'rollout',
    steps: [{ weightPct: 100, holdMs: MINUTE_MS }],
    deadlineMs: null,
  } as const;
  const plan = simPlan(service, { phases: [canary, rollout], triggers: [], decision: 'none' });
  return {
    ...plan,
    release: { ...plan.release, version, candidate: `${version}-rc.1` },
    measurements: [{ metric: 'errors', from: { source: 'splitter', measure: 'errors' } }],
  };
}

/** A controller of a real ledger whose services answer at once and are measured by the minute. */
export interface Fleet {
  controller: Controller;
  promote(plan: Plan, by?: string, rehearsal?: boolean): Promise<string>;
  /** Closes an interval of every service, with so many bad requests of the candidate's, and a round. */
  round(bad?: number): Promise<void>;
  order(id: string, command: 'rollback' | 'withdraw'): Promise<void>;
  close(): void;
}

export async function openFleet(state: string, clock: Clock): Promise<Fleet> {
  const files = stateFiles(state);
  mkdirSync(files.services, { recursive: true });
  const signer = existsSync(files.logKey) ? openKeyFile(files.logKey) : createKeyFile(files.logKey);
  const store = must(openSqliteStore(files.ledger));
  const services = new Map<string, FakeService>();
  const rows = new Map<string, Interval>();
  const engine = must(
    await Engine.open({
      world: worldOf(services, rows, clock),
      store,
      signer: must(signer),
      clock,
      origin: 'fleet.aurora.example',
    }),
  );
  const past = must(pastOf(files.ledger));
  const controller: Controller = {
    ...{ engine, ...past, faultsOf: () => null },
    intervalMsOf: () => ok(MINUTE_MS),
    backups: () => ok([]),
    notifier: { send: async () => ok(undefined) },
    close: () => {},
  };
  let seq = Math.floor(clock.now() / MINUTE_MS);
  return {
    controller,
    promote: async (plan, by = 'rm-1', rehearsal = false) => {
      const { id } = must(await engine.promote(plan, by, rehearsal));
      await engine.idle();
      return id;
    },
    round: async (bad = 0) => {
      seq += 1;
      for (const [name, service] of services) {
        rows.set(name, intervalOf(seq, clock.now(), service.traffic().weights.candidate, bad));
      }
      await engine.turn();
      await engine.idle();
    },
    order: async (id, command) => {
      const event = { kind: 'command', command, by: 'rm-1', reason: 'a test' } as const;
      const refused = await engine.post(id, event);
      if (refused !== null) throw new Error(refused.message);
      await engine.idle();
      // The round in which the engine lets go of what has ended.
      await engine.turn();
    },
    close: () => store.close(),
  };
}

function intervalOf(seq: number, endMs: number, candidatePct: number, bad: number): Interval {
  const track = (requests: number, events: number): TrackInterval => {
    const errors = { kind: 'rate', events, total: requests } as const;
    return { up: true, requests, metrics: { errors } };
  };
  const candidate = (REQUESTS * candidatePct) / 100;
  return {
    ...{ seq, startMs: endMs - MINUTE_MS, endMs, candidatePct },
    stable: track(REQUESTS - candidate, 4),
    candidate: track(candidate, candidate === 0 ? 0 : bad),
  };
}

function worldOf(
  services: Map<string, FakeService>,
  rows: ReadonlyMap<string, Interval>,
  clock: Clock,
): World {
  const of = (name: string): FakeService => {
    const known = services.get(name) ?? new FakeService(() => clock.monotonic());
    services.set(name, known);
    return known;
  };
  return {
    traffic: {
      setWeights: async (name, order) => of(name).setWeights(order),
      renew: async (name, fence) => of(name).renew(fence),
      observe: async (name) => ok(of(name).traffic()),
    },
    workload: {
      start: async (name, order) => of(name).start(order),
      stop: async (name, order) => of(name).stop(order),
      adopt: async (name, order) => of(name).adopt(order),
      observe: async (name) => ok(of(name).running()),
    },
    evidence: {
      newest: async ({ service }) => ok(rows.get(service)?.seq ?? -1),
      intervals: async ({ service }, afterSeq) => {
        const row = rows.get(service);
        return ok(row !== undefined && row.seq > afterSeq ? [row] : []);
      },
      collect: async () => [],
    },
    hooks: { run: async () => ok(undefined) },
    notifier: { send: async () => ok(undefined) },
    load: { generate: async () => ok(undefined) },
  };
}
