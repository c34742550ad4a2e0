import type { Problem } from '../base/problem.ts';
import type { CheckResult } from '../core/gate/check.ts';
import type { KayentaVerdict } from '../core/judge/kayenta/verdict.ts';
import { judgeBy, type MethodVerdict } from '../core/judge/methods.ts';
import { durationOf } from '../core/plan/phase-time.ts';
import type { Phase, Plan } from '../core/plan/plan.ts';
import { explain } from '../core/promotion/explain.ts';
import type { State } from '../core/promotion/state.ts';
import { restsOnLoad } from '../core/promotion/synthetic.ts';
import type {
  KayentaVerdictView,
  OutcomeView,
  PhaseView,
  PromotionView,
  VerdictView,
} from '../protocol/controller.ts';

/** What a person or a program may see of a promotion. Pure: the same state gives the same view. */
export function promotionView(
  plan: Plan,
  state: State,
  now: number,
  sourceProblem: Problem | null,
): PromotionView {
  const { evidence } = state;
  return {
    id: state.promotion,
    service: state.service,
    version: plan.release.version,
    candidate: plan.release.candidate,
    plan: plan.name,
    by: state.by,
    rehearsal: state.rehearsal,
    waived: state.waived.map((one) => ({ ...one })),
    openedAtMs: state.openedAtMs,
    weights: { ...state.weights },
    phases: plan.phases.map((phase, index) => phaseView(phase, index, state)),
    waiting: [...noSource(sourceProblem), ...explain(plan, state, now).map((one) => ({ ...one }))],
    verdict:
      evidence.judge === null || evidence.judge.pairs === 0
        ? null
        : verdictView(
            plan,
            judgeBy(plan.judge, plan.metrics, evidence.judge),
            restsOnLoad(plan, state),
          ),
    back: state.back?.cause.text ?? null,
    signOffs: (state.request?.accepted ?? []).map(({ person, role, choice }) => {
      return { person, role, choice };
    }),
    outcome: outcomeView(state),
  };
}

/** null: it has none yet. */
export function outcomeView({ outcome }: State): OutcomeView | null {
  if (outcome === null) return null;
  return {
    kind: isRehearsed(outcome) ? 'rehearsed' : outcome.kind,
    ga: outcome.kind === 'promoted' && outcome.ga,
    cause: outcome.kind === 'promoted' ? null : outcome.cause.text,
    atMs: outcome.atMs,
  };
}

function isRehearsed(outcome: NonNullable<State['outcome']>): boolean {
  return outcome.kind === 'withdrawn' && outcome.cause.kind === 'rehearsed';
}

/** A source that does not answer is the first thing to know: nothing else will change meanwhile. */
function noSource(found: Problem | null): PromotionView['waiting'] {
  if (found === null) return [];
  const text = `no intervals come: ${found.message}`;
  return [{ on: 'evidence', text, untilMs: null, next: found.hint ?? null }];
}

function phaseView(phase: Phase, index: number, state: State): PhaseView {
  const { position, outcome } = state;
  const isEnded = outcome !== null || state.back !== null;
  const isActive = index === position.phase && !isEnded;
  const isDone = index < position.phase || (outcome?.kind === 'promoted' && !isActive);
  return {
    name: phase.name,
    kind: phase.kind,
    standing: isActive ? 'active' : isDone ? 'done' : 'to come',
    stage: isActive ? position.stage : null,
    sinceMs: isActive ? position.phaseSinceMs : null,
    durationMs: durationOf(phase) || null,
    gates: phase.gates.flatMap((name) => {
      const standing = state.gates[name];
      if (standing === undefined || !(isActive || isDone)) return [];
      const { outcome: gateOutcome, evaluatedAtMs, checks } = standing.result;
      return [{ name, outcome: gateOutcome, evaluatedAtMs, checks: checks.map(checkView) }];
    }),
  };
}

function checkView({
  check,
  outcome,
  observed,
  expected,
  reason,
}: CheckResult): PhaseView['gates'][number]['checks'][number] {
  return { name: check, outcome, observed, expected, reason };
}

/** JSON holds no infinity: an e-value beyond it is shown as the largest number there is. */
function eValue(ln: number): number {
  return Math.min(Math.exp(ln), Number.MAX_VALUE);
}

function verdictView(plan: Plan, verdict: MethodVerdict, synthetic: boolean): VerdictView {
  if ('method' in verdict) return kayentaView(verdict, synthetic);
  const kindOf = (name: string): string =>
    plan.metrics.find((metric) => metric.name === name)?.kind ?? 'rate';
  return {
    kind: verdict.kind,
    synthetic,
    reason: verdict.reason,
    pairs: verdict.pairs,
    freshPairs: verdict.freshPairs ?? 0,
    e: eValue(verdict.lnE),
    eThreshold: eValue(verdict.lnEThreshold),
    metrics: verdict.metrics.map(({ metric, outcome, stable, candidate, ratio, lnE }) => ({
      ...{ metric, kind: kindOf(metric), outcome, ratio, e: eValue(lnE) },
      stable: { ...stable },
      candidate: { ...candidate },
    })),
    split: {
      expectedPct: verdict.split.expectedPct,
      observedPct: verdict.split.observedPct,
      metric: verdict.split.metric,
      tripped: verdict.split.tripped,
    },
  };
}

const NO_POINTS = { points: 0, mean: null };

function kayentaView(verdict: KayentaVerdict, synthetic: boolean): KayentaVerdictView {
  const { method, kind, reason, judged, pass, marginal, judgements, nextInIntervals } = verdict;
  return {
    ...{ method, kind, synthetic, reason, score: judged?.score ?? null },
    ...{ pass, marginal, judgements, nextInIntervals },
    metrics: verdict.metrics.map(({ metric, unit, outcome, finding }) => ({
      ...{ metric, unit, outcome, label: finding?.label ?? null, ratio: finding?.ratio ?? null },
      stable: { ...(finding?.stable ?? NO_POINTS) },
      candidate: { ...(finding?.candidate ?? NO_POINTS) },
    })),
  };
}
