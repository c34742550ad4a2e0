import type { Interval } from '../evidence/interval.ts';
import { observeTrigger, startTrigger } from '../evidence/sustained.ts';
import { judgeBy, observeBy } from '../judge/methods.ts';
import type { VerdictKind } from '../judge/verdict.ts';
import type { Plan } from '../plan/plan.ts';
import { baselineExpected } from './baseline.ts';
import type { EvidenceState, State } from './state.ts';
import { type Step, set } from './step.ts';

/** One closed interval enters, once: a repeated or older one changes nothing. */
export function takeInterval(step: Step, interval: Interval): void {
  const { plan, state } = step;
  const { evidence } = state;
  if (interval.seq <= evidence.lastSeq) return;
  const missing = evidence.lastSeq < 0 ? 0 : interval.seq - evidence.lastSeq - 1;
  const expected = candidateExpected(state);
  const taken: EvidenceState = {
    ...evidence,
    lastSeq: interval.seq,
    lastEndMs: interval.endMs,
    missing: evidence.missing + missing,
    stableUp: interval.stable?.up ?? null,
    candidateUp: interval.candidate?.up ?? (expected ? evidence.candidateUp : null),
    judge: judged(plan, state, interval),
    triggers: observeTriggers(plan, evidence, interval, expected),
    ...cover(state, interval),
  };
  const verdict = verdictKind(plan, taken) ?? state.verdict;
  set(step, verdict === state.verdict ? { evidence: taken } : { evidence: taken, verdict });
}

/**
 * Whether a candidate that is not there counts as down: once it was seen. An interval that began
 * before it was started comes in after its start.
 */
function candidateExpected(state: State): boolean {
  const { candidate, back, evidence } = state;
  return candidate === 'running' && back === null && evidence.candidateUp !== null;
}

/**
 * One judge from the first interval to the last. Stable alone teaches it how stable varies; a pair
 * is compared only where both tracks share the same live traffic, and at 100 % that ends.
 */
function judged(plan: Plan, state: State, interval: Interval): EvidenceState['judge'] {
  const { judge: running } = state.evidence;
  if (interval.stable === null) return running;
  const taken =
    state.weights.candidate > 0 ? comparable(plan, interval) : { ...interval, candidate: null };
  return observeBy(plan.judge, plan.metrics, running, taken, interval.candidatePct);
}

/** As the judge is given it while the candidate has a share: without one there is no candidate. */
export function comparable(plan: Plan, interval: Interval): Interval {
  const { candidatePct } = interval;
  const isShared = candidatePct === null || (candidatePct > 0 && candidatePct < 100);
  const row = baselineExpected(plan, interval);
  return isShared ? row : { ...row, candidate: null };
}

function verdictKind(plan: Plan, evidence: EvidenceState): VerdictKind | null {
  if (evidence.judge === null || evidence.judge.pairs === 0) return null;
  return judgeBy(plan.judge, plan.metrics, evidence.judge).kind;
}

function observeTriggers(
  plan: Plan,
  evidence: EvidenceState,
  interval: Interval,
  candidateIsExpected: boolean,
): EvidenceState['triggers'] {
  const triggers: Record<string, EvidenceState['triggers'][string]> = {};
  for (const trigger of plan.triggers) {
    const metric =
      trigger.kind === 'sustained'
        ? plan.metrics.find(({ name }) => name === trigger.metric)
        : null;
    const before = evidence.triggers[trigger.name] ?? startTrigger();
    triggers[trigger.name] = observeTrigger(trigger, metric ?? null, before, interval, {
      candidateExpected: candidateIsExpected,
    });
  }
  return triggers;
}

/**
 * Time counts only where evidence covers it: the candidate was measured, up, and at the weight in
 * force during the whole interval. A machine that slept, a controller that was down or a splitter
 * that lost rows leave a gap that counts for nothing.
 */
function cover(state: State, interval: Interval): Pick<EvidenceState, 'coveredMs' | 'requests'> {
  const { coveredMs, requests } = state.evidence;
  const { candidate } = interval;
  if (state.soak.breached) return { coveredMs: 0, requests: 0 };
  const running = state.position.stage === 'run' || state.position.stage === 'review';
  if (!running || candidate === null || !candidate.up) return { coveredMs, requests };
  if (interval.candidatePct !== state.weights.candidate) return { coveredMs, requests };
  return {
    coveredMs: coveredMs + interval.endMs - interval.startMs,
    requests: requests + candidate.requests,
  };
}
