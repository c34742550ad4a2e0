import type { Problem } from '../../base/problem.ts';
import { problem } from '../../base/problem.ts';
import { decide, type Mitigation } from '../decision/decide.ts';
import { checkOverride } from '../decision/override.ts';
import { type MissingRole, quorum } from '../decision/quorum.ts';
import { freezeRequest, requestDigest } from '../decision/request.ts';
import { checkSignOff } from '../decision/sign-off.ts';
import type { GateResult } from '../gate/gate.ts';
import type { DecisionPhase, Plan } from '../plan/plan.ts';
import { orderBack } from './back.ts';
import { isSkipped } from './gates.ts';
import type { Decided, OpenCondition, State } from './state.ts';
import { enterStage, notify, phaseOf, type Step, set } from './step.ts';

/**
 * One move of a decision phase: fresh results first, then the frozen request, then signatures. What
 * is not enough to tell waits; only a failure is a NO-GO.
 */
export function decideForward(step: Step, phase: DecisionPhase): boolean {
  const { state, now } = step;
  if (state.request === null) return freezeWhenTold(step, phase);
  if (now >= state.request.request.expiresAtMs) {
    set(step, { request: null });
    enterStage(step, 'run');
    notify(step, 'warning', `${state.promotion}: the request expired`, 'it is asked again');
    return true;
  }
  if (isWorse(step, phase)) {
    set(step, { request: null });
    return true;
  }
  const standing = quorum(phase.signOffs, rolesWithoutAuthors(step.plan), state.request.accepted);
  if (standing.rejectedBy !== null) {
    return record(step, phase, 'NO-GO', [], `rejected by ${standing.rejectedBy}`);
  }
  if (!standing.met) return false;
  const { outcome, conditions } = state.request.request;
  return record(step, phase, outcome, conditions, '');
}

function freshResults(step: Step, phase: DecisionPhase): readonly GateResult[] | null {
  const { state } = step;
  const results = phase.gates.map((gate) => state.gates[gate]?.result);
  const fresh = results.filter(
    (result) => result !== undefined && result.evaluatedAtMs >= state.position.stageSinceMs,
  );
  return fresh.length === phase.gates.length ? (fresh as readonly GateResult[]) : null;
}

/** Newer evidence can only revoke: a gate that fails now makes the request void. */
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
  const untold = judged.some(({ outcome }) => outcome === 'inconclusive' || outcome === 'error');
  if (untold) return false;
  const mitigations = mitigationsOf(plan, state, now);
  const counted = results.filter(
    (result) => judged.includes(result) || mitigations.some(({ gate }) => gate === result.gate),
  );
  const gates = plan.gates.filter(({ name }) => counted.some(({ gate }) => gate === name));
  const decision = decide(plan.rule, gates, counted, mitigations, now, plan.evidenceMaxAgeMs);
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
    skipped: state.skipped.filter(({ gate }) => isSkipped(state, gate, now)),
    verdict: state.verdict,
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

/** Under green-yellow-red a signed note does not skip a YELLOW gate: it answers for it. */
function mitigationsOf(plan: Plan, state: State, now: number): readonly Mitigation[] {
  if (plan.rule !== 'green-yellow-red') return [];
  const yellow = plan.gates.filter(({ colour }) => colour === 'YELLOW').map(({ name }) => name);
  return state.skipped
    .filter(({ gate }) => yellow.includes(gate) && isSkipped(state, gate, now))
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

/** Who may fill a role: authors of the release are not among its approvers. */
export function rolesWithoutAuthors(
  plan: Plan,
): readonly { role: string; people: readonly string[] }[] {
  return plan.roles.map(({ name, people }) => ({
    role: name,
    people: people.filter((person) => !plan.release.authors.includes(person)),
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
  set(step, { skipped: [...state.skipped, { gate, phase, by: person, reason, untilMs }] });
  if (state.hold?.kind === 'gate-failed') set(step, { hold: null });
  return null;
}
