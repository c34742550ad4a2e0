import type { Prng } from '../../src/base/prng.ts';
import { signOffDocument } from '../../src/core/decision/sign-off.ts';
import type { PromotionEvent } from '../../src/core/promotion/event.ts';
import type { State } from '../../src/core/promotion/state.ts';
import type { VirtualClock } from './clock.ts';
import type { Faults } from './faults.ts';
import { personOf, signature } from './people.ts';

interface Due {
  atMs: number;
  event: PromotionEvent;
}

/** Who may give which sign-off in the simulator's plan; the author is not among them. */
const SIGNERS: readonly { role: string; people: readonly [string, ...string[]] }[] = [
  { role: 'release-manager', people: ['rm-1'] },
  { role: 'sre-lead', people: ['sre-1', 'sre-2'] },
];

/**
 * The people around a promotion: they sign when asked, sometimes late, sometimes what they may not,
 * and press buttons. It keeps its own record of who validly signed what.
 */
export class Crowd {
  private readonly asked = new Set<string>();
  private readonly signed = new Map<string, Set<string>>();
  private due: Due[] = [];
  private readonly chance: Prng;
  private readonly faults: Faults;
  private readonly clock: VirtualClock;

  constructor(chance: Prng, faults: Faults, clock: VirtualClock) {
    this.chance = chance;
    this.faults = faults;
    this.clock = clock;
  }

  act(state: State): readonly PromotionEvent[] {
    if (state.request !== null && !this.asked.has(state.request.sha256)) this.ask(state);
    this.pressButtons(state);
    const now = this.clock.monotonic();
    const ready = this.due.filter(({ atMs }) => atMs <= now);
    this.due = this.due.filter(({ atMs }) => atMs > now);
    return ready.map(({ event }) => event);
  }

  /** GA needs both roles, each by somebody who validly signed the request that was decided on. */
  checkDecision(state: State): readonly string[] {
    const { outcome, decisions } = state;
    if (outcome?.kind !== 'promoted') return [];
    const violations: string[] = [];
    const inForce = decisions.filter(
      ({ revoked, outcome: said }) => revoked === null && said !== 'NO-GO',
    );
    if (inForce.length !== 1) violations.push(`${inForce.length} decisions in force at GA`);
    const [go] = inForce;
    const signers = this.signed.get(go?.requestSha256 ?? '') ?? new Set();
    for (const { role, people } of SIGNERS) {
      if (!people.some((one) => signers.has(one))) violations.push(`GA without a ${role}`);
    }
    return violations;
  }

  private ask(state: State): void {
    const { request, sha256 } = state.request ?? {};
    if (request === undefined || sha256 === undefined) return;
    this.asked.add(sha256);
    for (const { role, people } of SIGNERS) {
      const id = this.chance.pick(people);
      const isLate = this.faults.strikes('signer late', 0.1);
      const atMs = this.clock.monotonic() + (isLate ? 90 : this.chance.below(5)) * 60_000;
      if (this.faults.strikes('signer wrong', 0.2))
        this.due.push({ atMs, event: this.wrong(state, role) });
      const choice = this.faults.unlucky(0.02) ? 'reject' : 'approve';
      const document = signOffDocument(request, {
        role,
        person: id,
        choice,
        atMs: this.clock.now(),
      });
      const event = {
        kind: 'sign-off',
        document,
        signature: signature(personOf(id), document),
      } as const;
      this.due.push({ atMs, event });
      if (choice === 'approve') this.note(sha256, id);
    }
  }

  /** Somebody signs for another, the author approves, or the document was changed afterwards. */
  private wrong(state: State, role: string): PromotionEvent {
    const request = state.request?.request;
    if (request === undefined) return { kind: 'tick' };
    const atMs = this.clock.now();
    const kind = this.chance.below(3);
    if (kind === 0) {
      const document = signOffDocument(request, { role, person: 'rm-1', choice: 'approve', atMs });
      return { kind: 'sign-off', document, signature: signature(personOf('sre-2'), document) };
    }
    if (kind === 1) {
      const by = { role: 'release-manager', person: 'author', choice: 'approve', atMs } as const;
      const document = signOffDocument(request, by);
      return { kind: 'sign-off', document, signature: signature(personOf('author'), document) };
    }
    const by = { role: 'sre-lead', person: 'sre-1', choice: 'approve', atMs } as const;
    const document = signOffDocument({ ...request, expiresAtMs: request.expiresAtMs + 1 }, by);
    return { kind: 'sign-off', document, signature: signature(personOf('sre-1'), document) };
  }

  private note(sha256: string, id: string): void {
    const known = this.signed.get(sha256) ?? new Set<string>();
    known.add(id);
    this.signed.set(sha256, known);
  }

  private pressButtons(state: State): void {
    const atMs = this.clock.monotonic();
    const by = 'operator';
    const press = (command: 'pause' | 'resume' | 'retry' | 'abort' | 'halt' | 'withdraw'): void => {
      this.due.push({ atMs, event: { kind: 'command', command, by, reason: 'because' } });
    };
    if (state.hold !== null && this.chance.chance(0.3)) press('retry');
    if (state.paused !== null && this.chance.chance(0.3)) press('resume');
    if (this.faults.strikes('wrong button', 0.02)) {
      press(
        this.chance.pick([
          'pause',
          'resume',
          'retry',
          'pause',
          'resume',
          'retry',
          'abort',
          'halt',
          'withdraw',
        ]),
      );
    }
  }
}
