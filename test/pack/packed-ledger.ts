import { mkdirSync, writeFileSync } from 'node:fs';
import { openSqliteStore } from '../../src/adapters/store/sqlite.ts';
import { stateFiles } from '../../src/app.ts';
import { prng } from '../../src/base/prng.ts';
import { signOffDocument } from '../../src/core/decision/sign-off.ts';
import { formatVkey, noteKey } from '../../src/core/ledger/signed-note.ts';
import type { Plan } from '../../src/core/plan/plan.ts';
import { Engine } from '../../src/engine/engine.ts';
import type { Signer } from '../../src/engine/ports.ts';
import { must } from '../rig/ledger.ts';
import { VirtualClock } from '../sim/clock.ts';
import { Faults } from '../sim/faults.ts';
import { memorySigner, personOf, signature } from '../sim/people.ts';
import { simPlan } from '../sim/sim-plan.ts';
import { aliveLine, SimWorld } from '../sim/sim-world.ts';
import { STORIES, type Story } from '../sim/story.ts';

export const ORIGIN = 'pack.aurora.example';
const START_MS = 1_780_000_000_000;
const ROUNDS_MAX = 20_000;

/** Signs a sign-off for a person; base64, as the person's key in the plan wants it. */
export type Sign = (person: string, document: string) => string;

interface PromotionOptions {
  story?: Story;
  parts?: Partial<Plan>;
  roundsMax?: number;
  seed?: number;
  sign?: Sign;
  /** A new controller takes over after so many rounds, again and again. */
  restartRounds?: number;
  /** Orders fail, rows come late or never, the clock jumps. */
  isUnlucky?: boolean;
}

const UNLUCKY_ROUNDS = 120;
const signByKeyFile: Sign = (person, document) => signature(personOf(person), document);

/** The virtual time of a ledger goes on from one promotion to the next. */
const times = new Map<string, number>();

/** A state directory without a ledger yet, and the log's public key in it. */
export function packState(state: string, signer: Signer = memorySigner()): { vkey: string } {
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const vkey = formatVkey(must(noteKey(ORIGIN, signer.publicKey())));
  writeFileSync(stateFiles(state).logVkey, `${vkey}\n`);
  return { vkey };
}

/**
 * Carries a release of `service` through the real engine and a simulated world into the real SQLite
 * ledger of `state`, in virtual time, until it has ended or for `roundsMax` intervals. Two people sign.
 * Answers with the promotion's id.
 */
export async function runPromotion(
  state: string,
  service: string,
  options: PromotionOptions = {},
): Promise<string> {
  const { story = STORIES[0], parts = {}, roundsMax = ROUNDS_MAX, seed = 1 } = options;
  const { sign = signByKeyFile, restartRounds = ROUNDS_MAX, isUnlucky = false } = options;
  const plan = simPlan(service, parts);
  const store = must(openSqliteStore(stateFiles(state).ledger));
  const clock = new VirtualClock(times.get(state) ?? START_MS);
  const faults = new Faults(prng(seed));
  faults.scale = isUnlucky ? 1 : 0;
  const world = new SimWorld(clock, prng(seed), faults, plan, story);
  try {
    const ports = world.portsFor(aliveLine());
    const signer = memorySigner();
    const options = { world: ports, store, signer, clock, origin: ORIGIN };
    let engine = must(await Engine.open(options));
    const { id } = must(await engine.promote(plan, 'rm-1', false));
    for (let round = 0; round < roundsMax; round += 1) {
      clock.advance(plan.intervalMs);
      if (round === UNLUCKY_ROUNDS) faults.scale = 0;
      if (faults.strikes('clock back', 0.02)) clock.jump(-90 * 60_000);
      world.tick();
      if (round % restartRounds === restartRounds - 1) engine = must(await Engine.open(options));
      await engine.turn();
      await engine.idle();
      const runner = engine.promotions.find((one) => one.id === id);
      if (runner === undefined || runner.ended) break;
      await signIfAsked(engine, id, clock.now(), sign);
    }
    return id;
  } finally {
    times.set(state, clock.now());
    store.close();
  }
}

async function signIfAsked(engine: Engine, id: string, atMs: number, sign: Sign): Promise<void> {
  const open = engine.promotions.find((one) => one.id === id)?.state.request ?? null;
  if (open === null) return;
  for (const [person, role] of [
    ['rm-1', 'release-manager'],
    ['sre-1', 'sre-lead'],
  ] as const) {
    const document = signOffDocument(open.request, { person, role, choice: 'approve', atMs });
    await engine.post(id, { kind: 'sign-off', document, signature: sign(person, document) });
    await engine.idle();
  }
}
