import { mkdirSync, writeFileSync } from 'node:fs';
import { openSqliteStore } from '../../src/adapters/store/sqlite.ts';
import { stateFiles } from '../../src/app.ts';
import { prng } from '../../src/base/prng.ts';
import { signOffDocument } from '../../src/core/decision/sign-off.ts';
import type { Check, EvidenceQuery } from '../../src/core/gate/check.ts';
import { formatVkey, noteKey } from '../../src/core/ledger/signed-note.ts';
import type { Plan } from '../../src/core/plan/plan.ts';
import type { State } from '../../src/core/promotion/state.ts';
import { Engine } from '../../src/engine/engine.ts';
import { VirtualClock } from '../sim/clock.ts';
import { Faults } from '../sim/faults.ts';
import { memorySigner } from '../sim/people.ts';
import { simPlan } from '../sim/sim-plan.ts';
import { aliveLine, SimWorld } from '../sim/sim-world.ts';
import { STORIES } from '../sim/story.ts';
import { must, type Signatory } from './people.ts';

const ORIGIN = 'promoted.aurora.example';
const START_MS = 1_780_000_020_000;
const ROUNDS_MAX = 400;

export interface Promoted {
  id: string;
  plan: Plan;
  state: State;
  fromMs: number;
  toMs: number;
}

/** Two people of other roles than the release's author, and what they sign with. */
export interface Signatories {
  manager: Signatory;
  lead: Signatory;
}

/**
 * A whole promotion by the real engine into the ledger of a state directory, signed by people with
 * keys of their own; the world around it is the simulator's, without faults. `after` rounds more
 * once it was decided.
 */
export async function promoteInto(
  folder: string,
  { manager, lead }: Signatories,
  after: number,
): Promise<Promoted> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const plan = planOf({ manager, lead });
  const files = stateFiles(folder);
  const vkey = formatVkey(must(noteKey(ORIGIN, memorySigner().publicKey())));
  writeFileSync(files.logVkey, `${vkey}\n`);
  const clock = new VirtualClock(START_MS);
  const faults = new Faults(prng(1));
  faults.scale = 0;
  const world = new SimWorld(clock, prng(1), faults, plan, STORIES[0]);
  const store = must(openSqliteStore(files.ledger));
  try {
    const ports = { world: world.portsFor(aliveLine()), store, signer: memorySigner(), clock };
    const engine = must(await Engine.open({ ...ports, origin: ORIGIN }));
    const runner = must(await engine.promote(plan, 'rm-1', false));
    for (let round = 0, left = after; round < ROUNDS_MAX && left > 0; round += 1) {
      clock.advance(plan.intervalMs);
      world.tick();
      await engine.turn();
      await engine.idle();
      await signOpenRequest();
      if (runner.state.decisions.length > 0) left -= 1;
    }
    return { id: runner.id, plan, state: runner.state, fromMs: START_MS, toMs: clock.now() };

    async function signOpenRequest(): Promise<void> {
      const open = runner.state.request;
      if (open === null || open.accepted.length > 0) return;
      for (const [person, role, by] of [
        ['manager', 'release-manager', manager],
        ['lead', 'sre-lead', lead],
      ] as const) {
        const said = { person, role, choice: 'approve', atMs: clock.now() } as const;
        const document = signOffDocument(open.request, said);
        const signature = await by.sign(document);
        const refused = await engine.post(runner.id, { kind: 'sign-off', document, signature });
        if (refused !== null) throw new Error(refused.message);
      }
      await engine.idle();
    }
  } finally {
    store.close();
  }
}

/** The simulator's plan with two people of its own, and objectives on its metric. */
function planOf({ manager, lead }: Signatories): Plan {
  const plan = simPlan('shop');
  const [readiness, ...gates] = plan.gates;
  if (readiness === undefined) throw new Error('the plan has no gate');
  const errors = (track: 'stable' | 'candidate'): EvidenceQuery => {
    return { source: 'metric', metric: 'errors', track, statistic: 'rate', windowMs: 300_000 };
  };
  const objective = (name: string, limit: number, track: 'stable' | 'candidate'): Check => ({
    ...{ name, hint: 'see the runbook', maxAgeMs: 600_000, samplesMin: 1, advisory: false },
    ...{ kind: 'threshold', op: '<=', limit, warnLimit: null, evidence: errors(track) },
  });
  const slo = {
    ...readiness,
    name: 'slo',
    checks: [objective('stable-errors', 0.05, 'stable'), objective('errors', 0.05, 'candidate')],
  };
  return {
    ...plan,
    people: [
      { id: 'manager', publicKey: manager.publicKey },
      { id: 'lead', publicKey: lead.publicKey },
    ],
    roles: [
      { name: 'release-manager', people: ['manager'] },
      { name: 'sre-lead', people: ['lead'] },
    ],
    gates: [readiness, ...gates, slo],
  };
}
