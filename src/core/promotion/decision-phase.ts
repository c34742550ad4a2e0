import { formatDuration } from '../../base/duration.ts';
import type { Problem } from '../../base/problem.ts';
import { problem } from '../../base/problem.ts';
import { type Decision, decide, type Mitigation } from '../decision/decide.ts';
import { checkOverride } from '../decision/override.ts';
import { type MissingRole, quorum } from '../decision/quorum.ts';
import { type DecisionRequest, freezeRequest, requestDigest } from '../decision/request.ts';
import { checkSignOff } from '../decision/sign-off.ts';
import type { GateResult } from '../gate/gate.ts';
import { authorsOf } from '../plan/authors.ts';
import type { DecisionPhase, Plan } from '../plan/plan.ts';
import { orderBack } from './back.ts';
import { isInForce, isSkipped } from './gates.ts';
import type { Decided, OpenCondition, State } from './state.ts';
import { enterStage, notify, phaseOf, type Step, set } from './step.ts';
import { restsOnLoad } from './synthetic.ts';

/**
 * One move of a decision phase: fresh results first, then the frozen request, then signatures. What
 * is not enough to tell waits; only a failure is a NO-GO.
 */
export function decideForward(step: Step, phase: DecisionPhase): boolean {
  const { state, now } = step;
  if (state.request === null) return freezeWhenTold(step, phase);
  const { request } = state.request;
  if (now >= request.expiresAtMs) return askAnew(step, 'the request expired', 'it is asked again');
  const standing = quorum(phase.signOffs, rolesWithoutAuthors(step.plan), state.request.accepted);
  if (standing.rejectedBy !== null) {
    return record(step, phase, 'NO-GO', [], `rejected by ${standing.rejectedBy}`);
  }
  if (!standing.met) return false;
  const why = noLongerShown(step, phase, request);
  if (why !== null) return askAnew(step, 'the request is void', `${why}; it is asked again`);
  return record(step, phase, request.outcome, request.conditions, '');
}

/** Every gate is evaluated again, and what is signed next is another request. */
function askAnew(step: Step, title: string, text: string): boolean {
  set(step, { request: null });
  enterStage(step, 'run');
  notify(step, 'warning', `${step.state.promotion}: ${title}`, text);
  return true;
}

function freshResults(step: Step, phase: DecisionPhase): readonly GateResult[] | null {
  const { state } = step;
  const results = phase.gates.map((gate) => state.gates[gate]?.result);
  const fresh = results.filter(
    (result) => result !== undefined && result.evaluatedAtMs >= state.position.stageSinceMs,
  );
  return fresh.length === phase.gates.length ? (fresh as readonly GateResult[]) : null;
}

/** Too old to decide on. What is dated in the future is not old: `decide` counts it as a failure. */
export function isStale(plan: Plan, result: GateResult, now: number): boolean {
  const ageMs = now - result.evaluatedAtMs;
  // Written so that a limit that is no number makes stale whatever is not of this very moment.
  return ageMs > 0 && !(ageMs <= plan.evidenceMaxAgeMs);
}

/**
 * Why what people signed does not hold at the moment of the last signature; null: it holds. Between
 * the freeze and that moment a skip may have ended, a result grown stale, a source fallen silent.
 */
function noLongerShown(step: Step, phase: DecisionPhase, request: DecisionRequest): string | null {
  const { state, plan, now } = step;
  const results = freshResults(step, phase);
  if (results === null) return 'a gate has no result any more';
  const judged = results.filter(({ gate }) => !isSkipped(state, gate, now));
  const untold = judged.find(isUntold);
  if (untold) return `gate ${untold.gate} is ${untold.outcome}`;
  const stale = judged.find((result) => isStale(plan, result, now));
  if (stale) {
    return `gate ${stale.gate} was evaluated ${formatDuration(now - stale.evaluatedAtMs)} ago`;
  }
  const { outcome, reasons, conditions } = weigh(step, results).decision;
  if (outcome === 'NO-GO') return reasons.join('; ');
  const added = conditions.find(({ gate }) => request.conditions.every((one) => one.gate !== gate));
  return added === undefined ? null : `gate ${added.gate} does not pass any more`;
}

function isUntold({ outcome }: GateResult): boolean {
  return outcome === 'inconclusive' || outcome === 'error';
}

/**
 * Newer evidence can only revoke: a gate that fails now makes the request void. At once, whatever
 * else stands still: a failure that came and went during a pause would leave no trace to revoke by.
 */
export function voidIfWorse(step: Step): boolean {
  const phase = phaseOf(step.plan, step.state);
  if (phase.kind !== 'decision' || step.state.request === null) return false;
  if (!isWorse(step, phase)) return false;
  set(step, { request: null });
  return true;
}

function isWorse(step: Step, phase: DecisionPhase): boolean {
  const { state, now } = step;
  const frozen = state.request?.request.gates ?? [];
  return phase.gates.some((gate) => {
    if (state.gates[gate]?.result.outcome !== 'fail' || isSkipped(state, gate, now)) return false;
    return frozen.find((one) => one.gate === gate)?.outcome !== 'fail';
  });
}

function freezeWhenTold(step: Step, phase: DecisionPhase): boolean {
  const { state, plan, now } = step;
  const results = freshResults(step, phase);
  if (results === null) return false;
  const judged = results.filter(({ gate }) => !isSkipped(state, gate, now));
  if (judged.some(isUntold)) return false;
  if (judged.some((result) => isStale(plan, result, now))) {
    enterStage(step, 'run');
    return true;
  }
  const { counted, decision } = weigh(step, results);
  const { outcome, reasons, conditions } = decision;
  if (outcome === 'NO-GO') {
    return record(step, phase, 'NO-GO', [], reasons.join('; '));
  }
  const request = freezeRequest({
    promotion: state.promotion,
    service: state.service,
    subject: phase.subject,
    plan,
    planSha256: state.planSha256,
    decision: { outcome, reasons, conditions },
    results: counted,
    skipped: state.skipped.filter((skip) => isInForce(skip, state, now)),
    verdict: state.verdict,
    synthetic: restsOnLoad(plan, state),
    rehearsal: state.rehearsal,
    evidenceToSeq: state.evidence.lastSeq,
    createdAtMs: now,
    expiresAtMs: now + phase.validMs,
  });
  const sha256 = requestDigest(request);
  set(step, { request: { request, sha256, accepted: [] } });
  const wanted = phase.signOffs.map(({ role, count }) => `${count} ${role}`).join(', ');
  notify(step, 'info', `${state.promotion}: sign-offs wanted`, `${outcome}; ${wanted}`);
  return true;
}

/** The plan's rule on what counts now: skipped gates do not, unless the skip is a mitigation. */
function weigh(
  step: Step,
  results: readonly GateResult[],
): { counted: readonly GateResult[]; decision: Decision } {
  const { state, plan, now } = step;
  const mitigations = mitigationsOf(plan, state, now);
  const counted = results.filter(
    ({ gate }) => !isSkipped(state, gate, now) || mitigations.some((one) => one.gate === gate),
  );
  const gates = plan.gates.filter(({ name }) => counted.some(({ gate }) => gate === name));
  const decision = decide(plan.rule, gates, counted, mitigations, now, plan.evidenceMaxAgeMs);
  return { counted, decision };
}

/** Under green-yellow-red a signed note does not skip a YELLOW gate: it answers for it. */
function mitigationsOf(plan: Plan, state: State, now: number): readonly Mitigation[] {
  if (plan.rule !== 'green-yellow-red') return [];
  const yellow = plan.gates.filter(({ colour }) => colour === 'YELLOW').map(({ name }) => name);
  return state.skipped
    .filter((skip) => yellow.includes(skip.gate) && isInForce(skip, state, now))
    .map(({ gate, by, reason }) => ({ gate, by, reason }));
}

function record(
  step: Step,
  phase: DecisionPhase,
  outcome: Decided['outcome'],
  conditions: readonly { gate: string; expiresAtMs: number }[],
  why: string,
): boolean {
  const { state, now } = step;
  const open: readonly OpenCondition[] = conditions.map((one) => ({ ...one, metAtMs: null }));
  const decided: Decided = {
    subject: phase.subject,
    outcome,
    atMs: now,
    requestSha256: state.request?.sha256 ?? '',
    signedBy: state.request?.accepted.map(({ person, role }) => `${person} (${role})`) ?? [],
    conditions: open,
    revoked: null,
  };
  const isRelease = phase.subject === 'release' && outcome !== 'NO-GO';
  const earlier = isRelease ? state.decisions.map(supersede) : state.decisions;
  set(step, { decisions: [...earlier, decided], request: null });
  if (outcome === 'NO-GO') {
    const kind = why.startsWith('rejected') ? 'rejected' : 'no-go';
    return orderBack(step, { kind, text: `NO-GO in phase ${phase.name}: ${why}` });
  }
  notify(step, 'info', `${state.promotion}: ${outcome}`, decided.signedBy.join(', '));
  enterStage(step, 'after');
  return true;
}

function supersede(decided: Decided): Decided {
  return decided.subject === 'release' && decided.revoked === null
    ? { ...decided, revoked: 'superseded by a newer decision' }
    : decided;
}

/** Who may fill a role: authors of release and plan are not among the approvers. */
export function rolesWithoutAuthors(
  plan: Plan,
): readonly { role: string; people: readonly string[] }[] {
  return plan.roles.map(({ name, people }) => ({
    role: name,
    people: people.filter((person) => !authorsOf(plan).includes(person)),
  }));
}

export function missingSignOffs(plan: Plan, state: State): readonly MissingRole[] {
  const phase = phaseOf(plan, state);
  if (phase.kind !== 'decision' || state.request === null) return [];
  return quorum(phase.signOffs, rolesWithoutAuthors(plan), state.request.accepted).missing;
}

export function applySignOff(
  step: Step,
  signed: { document: string; signature: string },
): Problem | null {
  const { state, plan, now } = step;
  const phase = phaseOf(plan, state);
  if (state.request === null || phase.kind !== 'decision') {
    return problem('conflict', 'nothing is waiting for a signature', 'auroractl explain');
  }
  const roles = phase.signOffs.map(({ role }) => role);
  const checked = checkSignOff(
    { plan, roles, request: state.request.request, accepted: state.request.accepted },
    signed,
    now,
  );
  if (!checked.ok) return checked.problem;
  const accepted = [...state.request.accepted, checked.value];
  set(step, { request: { ...state.request, accepted } });
  return null;
}

/** A signed skip: the gate's result no longer holds anything up, until it ends. Never a trigger. */
export function applyOverride(
  step: Step,
  signed: { document: string; signature: string },
): Problem | null {
  const { state, plan, now } = step;
  if (state.back !== null) return problem('conflict', 'it is going back; there is nothing to skip');
  const checked = checkOverride(
    { plan, promotion: state.promotion, phase: phaseOf(plan, state).name, results: state.gates },
    signed,
    now,
  );
  if (!checked.ok) return checked.problem;
  const { gate, phase, person, reason, untilMs } = checked.value;
  const skip = { gate, phase, phaseIndex: state.position.phase, by: person, reason, untilMs };
  set(step, { skipped: [...state.skipped, skip] });
  if (state.hold?.kind === 'gate-failed') set(step, { hold: null });
  return null;
}
