import { formatDuration, parseDuration } from '../../src/base/duration.ts';
import { prng } from '../../src/base/prng.ts';
import { overrideDocument } from '../../src/core/decision/override.ts';
import { signOffDocument } from '../../src/core/decision/sign-off.ts';
import type { Evidence } from '../../src/core/gate/check.ts';
import type { Plan } from '../../src/core/plan/plan.ts';
import type { Effect } from '../../src/core/promotion/effect.ts';
import type { Command, PromotionEvent } from '../../src/core/promotion/event.ts';
import { explain } from '../../src/core/promotion/explain.ts';
import type { State } from '../../src/core/promotion/state.ts';
import { transition } from '../../src/core/promotion/transition.ts';
import { personOf, signature } from '../sim/people.ts';
import { intervalOf, STORIES, type Story } from '../sim/story.ts';
import { words } from './script.ts';

const START_MS = Date.parse('2026-11-23T09:00:00Z');

/** The machine alone on a stage: a script says what the world does, and nothing happens by itself. */
export class StageRun {
  state: State | null = null;
  /** Every reason to wait, stage and outcome that was seen: the coverage test reads it. */
  readonly seen = new Set<string>();
  now = START_MS;
  /** Every event that was taken. */
  readonly steps: { index: number; atMs: number; event: PromotionEvent }[] = [];
  private seq = 0;
  private inFlight: Effect[] = [];
  private readonly values = new Map<string, string>();
  private readonly chance = prng(7);
  readonly plan: Plan;

  constructor(plan: Plan) {
    this.plan = plan;
  }

  /** One command; the text that it prints. */
  run(line: string): string {
    const { plain, settings } = words(line);
    const [verb, ...rest] = plain;
    const output: string[] = [];
    const tell = (event: PromotionEvent): void => {
      output.push(...this.tell(event));
    };
    switch (verb) {
      case 'open':
        tell({
          kind: 'opened',
          promotion: 'p1',
          by: rest[0] ?? 'rm-1',
          term: 1,
          generation: 0,
          afterSeq: -1,
          rehearsal: rest[1] === 'rehearsal',
          origin: null,
        });
        break;
      case 'ok':
        output.push(...this.answer(rest[0], 'done'));
        break;
      case 'fail':
        output.push(...this.answer(rest[0], rest[1] === 'refused' ? 'refused' : 'unavailable'));
        break;
      case 'intervals':
        output.push(...this.intervals(Number(rest[0] ?? '1'), settings));
        break;
      case 'evidence':
        for (const [check, value] of settings) this.values.set(check, value);
        break;
      case 'wait':
        this.now += parseDuration(rest[0] ?? '') ?? 0;
        tell({ kind: 'tick' });
        break;
      case 'clock':
        this.now +=
          (rest[0]?.startsWith('-') ? -1 : 1) *
          (parseDuration(rest[0]?.replace('-', '') ?? '') ?? 0);
        break;
      case 'sign':
        tell(this.signOff(rest, settings));
        break;
      case 'skip':
        tell(this.override(rest));
        break;
      case 'incident':
        tell({
          kind: 'incident',
          id: rest[0] ?? '',
          severity: Number(rest[1] ?? '1'),
          title: 'reported',
          resolved: rest[2] === 'resolved',
        });
        break;
      case 'drift':
        tell({ kind: 'drift', keys: rest });
        break;
      case 'controller':
        tell({ kind: 'controller-started', term: Number(rest[0]) });
        break;
      case 'observe': {
        const candidate = Number(rest[0]);
        const weights = { stable: 100 - candidate, candidate };
        tell({ kind: 'observed', weights, fallbackApplied: rest[1] === 'fallback' });
        break;
      }
      case 'gap':
        this.seq += Number(rest[0]);
        tell({ kind: 'gap', fromSeq: this.seq - Number(rest[0]), toSeq: this.seq - 1 });
        break;
      case 'command':
        tell({
          kind: 'command',
          command: rest[0] as Command,
          by: rest[1] ?? 'operator',
          reason: settings.get('reason') ?? 'because',
        });
        break;
      default:
        throw new Error(`no such command: ${line}`);
    }
    return [...output, ...this.where()].join('\n');
  }

  private tell(event: PromotionEvent): string[] {
    const step = transition(this.plan, '00'.repeat(32), this.state, event, this.now);
    if (step.refused) return [`refused (${step.refused.code}): ${step.refused.message}`];
    this.state = step.state;
    this.steps.push({ index: this.steps.length, atMs: this.now, event });
    this.inFlight.push(...step.effects);
    return step.effects.map((effect) => `> ${describe(effect)}`);
  }

  private answer(kind: string | undefined, how: 'done' | 'refused' | 'unavailable'): string[] {
    const chosen = this.inFlight.filter(
      (effect) => kind === undefined || kind === 'all' || effect.kind === kind,
    );
    this.inFlight = this.inFlight.filter((effect) => !chosen.includes(effect));
    return chosen.flatMap((effect) => {
      if (how !== 'done') {
        const message = how === 'refused' ? 'a newer order came before' : 'no answer';
        return this.tell({ kind: 'effect-failed', effect: effect.id, reason: how, message });
      }
      if (effect.kind !== 'evaluate') return this.tell({ kind: 'effect-done', effect: effect.id });
      const checks = this.plan.gates
        .filter(({ name }) => effect.gates.includes(name))
        .flatMap((gate) => gate.checks);
      const evidence = checks.map(({ name }) => this.evidenceOf(name));
      return this.tell({ kind: 'evidence', effect: effect.id, evidence });
    });
  }

  private evidenceOf(check: string): Evidence {
    const known = {
      check,
      atMs: this.now,
      samples: 10,
      inputSha256: '00'.repeat(32),
      reducer: 'script/1',
    };
    const value = this.values.get(check) ?? '5';
    if (value === 'none')
      return { ...known, samples: 0, kind: 'none', reason: 'nothing was recorded' };
    if (value === 'error') return { ...known, samples: 0, kind: 'error', reason: 'no connection' };
    return { ...known, kind: 'number', value: Number(value) };
  }

  private intervals(count: number, settings: Map<string, string>): string[] {
    const bad = Number(settings.get('bad') ?? '0.01');
    const never = 1_000_000;
    const told: Story = {
      ...STORIES[0],
      requests: Number(settings.get('requests') ?? '40000'),
      badBefore: bad,
      badAfter: bad,
      downFromSeq: settings.get('candidate') === 'down' ? 0 : never,
      downToSeq: never,
      stableDownFromSeq: settings.get('stable') === 'down' ? 0 : never,
      stableDownToSeq: never,
    };
    const output: string[] = [];
    for (let i = 0; i < count; i += 1) {
      const startMs = this.now;
      this.now += this.plan.intervalMs;
      const candidatePct = this.state?.weights.candidate ?? 0;
      const candidateRuns = this.state?.candidate === 'running';
      const traffic = { candidatePct, candidateRuns, loadRequests: 200 };
      const times = { startMs, endMs: this.now };
      const interval = intervalOf(told, this.plan.metrics, this.seq, times, traffic, this.chance);
      this.seq += 1;
      output.push(...this.tell({ kind: 'interval', interval }));
    }
    return output;
  }

  private signOff(rest: readonly string[], settings: Map<string, string>): PromotionEvent {
    const [role = '', person = '', choice = 'approve'] = rest;
    const request = this.state?.request?.request;
    if (request === undefined) return { kind: 'sign-off', document: '{}', signature: '' };
    const by = { role, person, choice: choice as 'approve' | 'reject', atMs: this.now };
    const signed = settings.has('changed')
      ? { ...request, createdAtMs: request.createdAtMs + 1 }
      : request;
    const document = signOffDocument(signed, by);
    const key = personOf(settings.get('key') ?? person);
    return { kind: 'sign-off', document, signature: signature(key, document) };
  }

  private override(rest: readonly string[]): PromotionEvent {
    const [gate = '', person = ''] = rest;
    const phase = this.plan.phases[this.state?.position.phase ?? 0]?.name ?? '';
    const result = this.state?.gates[gate]?.result ?? null;
    const document = overrideDocument({
      promotion: 'p1',
      gate,
      phase,
      person,
      role: 'release-manager',
      reason: 'known and accepted',
      atMs: this.now,
      untilMs: this.now + 3_600_000,
      result,
    });
    return { kind: 'override', document, signature: signature(personOf(person), document) };
  }

  private where(): string[] {
    const { state } = this;
    if (state === null) return ['nothing is open'];
    const { outcome, position, weights } = state;
    const phase = this.plan.phases[position.phase];
    this.seen.add(`stage ${position.stage}`).add(`phase ${phase?.kind}`);
    if (state.hold !== null) this.seen.add(`hold ${state.hold.kind}`);
    if (state.back !== null) this.seen.add(`cause ${state.back.cause.kind}`);
    if (outcome !== null) {
      this.seen.add(`outcome ${outcome.kind}`);
      const why = outcome.kind === 'promoted' ? (outcome.ga ? 'GA' : 'not GA') : outcome.cause.text;
      const waived = state.waived.map(({ phase, text }) => `  left out in ${phase}: ${text}`);
      return [`= ${outcome.kind}: ${why}, candidate at ${weights.candidate} %`, ...waived];
    }
    const waits = explain(this.plan, state, this.now);
    for (const { on } of waits) this.seen.add(`waiting ${on}`);
    const elapsed = formatDuration(this.now - START_MS);
    return [
      `= ${phase?.name} ${position.step}, ${position.stage}, candidate at ${weights.candidate} %, after ${elapsed}`,
      ...waits.map(({ on, text, next }) => `  ${on}: ${text}${next ? ` (${next})` : ''}`),
    ];
  }
}

function describe(effect: Effect): string {
  const number = effect.id.split('/')[1];
  switch (effect.kind) {
    case 'set-weights': {
      const { generation, weights, fallback } = effect;
      return `${number} set-weights ${weights.candidate} %, fallback ${fallback.candidate} %, generation ${generation}`;
    }
    case 'start':
    case 'stop':
    case 'adopt':
      return `${number} ${effect.kind}, generation ${effect.generation}`;
    case 'evaluate':
      return `${number} evaluate ${effect.gates.join(', ')}`;
    case 'hook':
      return `${number} hook ${effect.name}`;
    case 'notify':
      return `${number} notify ${effect.level}: ${effect.title}: ${effect.text.split('\n')[0]}`;
  }
}
