import { formatDuration } from '../../base/duration.ts';
import { formatInstant } from '../../base/instant.ts';
import { checkTable, OUTCOME_WORDS } from '../gate/gate-report.ts';
import type { Phase, Plan } from '../plan/plan.ts';
import type { State } from '../promotion/state.ts';
import { restsOnLoad, SYNTHETIC } from '../promotion/synthetic.ts';
import { cell, markdownTable } from '../report/markdown.ts';

/**
 * The release checklist, filled from what the ledger holds: every number with its source, and an
 * open box wherever something was not shown. Markdown.
 */
export function checklist(plan: Plan, state: State, now: number): string {
  const parts = [
    header(plan, state, now),
    releaseSection(plan),
    roadSection(plan, state),
    ...waivedSection(state),
    gateSection(plan, state),
    judgeSection(plan, state),
    signOffSection(plan, state),
    decisionSection(state),
  ];
  return `${parts.join('\n\n')}\n`;
}

function header(plan: Plan, state: State, now: number): string {
  const { release } = plan;
  const rehearsal = state.rehearsal ? '\n\n**Rehearsal: this never counts as a promotion.**' : '';
  return [
    `# Release checklist: ${cell(plan.service)} ${cell(release.candidate)} to ${cell(release.version)}`,
    '',
    `Promotion ${cell(state.promotion)}, opened ${formatInstant(state.openedAtMs)} by ${cell(state.by)}; filled ${formatInstant(now)}.${rehearsal}`,
  ].join('\n');
}

function box(done: boolean, text: string): string {
  return `- [${done ? 'x' : ' '}] ${text}`;
}

function releaseSection(plan: Plan): string {
  const { release, profile } = plan;
  const artifacts = release.artifacts.map(({ name, sha256 }) => [name, sha256]);
  return [
    '## Release and locks',
    '',
    box(release.artifacts.length > 0, `${release.artifacts.length} artifacts bound by digest`),
    box(
      profile !== null,
      profile === null
        ? 'no profile is released with it'
        : `profile ${cell(profile.name)}, SHA-256 ${profile.sha256}`,
    ),
    '',
    markdownTable(['artifact', 'SHA-256'], artifacts),
  ].join('\n');
}

function roadSection(plan: Plan, state: State): string {
  const { phase: at } = state.position;
  const isPromoted = state.outcome?.kind === 'promoted';
  const lines = plan.phases.map((phase, i) => box(i < at || isPromoted, describePhase(phase)));
  const { coveredMs, requests, missing } = state.evidence;
  const now = plan.phases[at];
  const covered = `${formatDuration(coveredMs)} covered by evidence, ${requests} requests, ${missing} intervals missing`;
  return [
    '## Road',
    '',
    ...lines,
    '',
    `In ${cell(now?.name ?? '-')}: ${covered}; soak restarts: ${state.soak.restarts}.`,
  ].join('\n');
}

/** What a rehearsal left out is an open box. */
function waivedSection({ waived }: State): string[] {
  if (waived.length === 0) return [];
  const lines = waived.map(({ phase, text }) => box(false, `${cell(phase)}: ${cell(text)}`));
  return [['## Left out by the rehearsal', '', ...lines].join('\n')];
}

function describePhase(phase: Phase): string {
  const name = `${cell(phase.name)} (${phase.kind})`;
  switch (phase.kind) {
    case 'soak':
      return `${name}: ${formatDuration(phase.soakMs)} and ${phase.requestsMin} requests healthy`;
    case 'canary':
      return `${name}: ${phase.weightPct} % for ${formatDuration(phase.durationMs)} and ${phase.requestsMin} requests${phase.judged ? ', judged' : ''}`;
    case 'rollout':
      return `${name}: ${phase.steps.map((step) => `${step.weightPct} %`).join(', ')}`;
    case 'watch':
      return `${name}: ${formatDuration(phase.watchMs)}`;
    case 'decision':
      return `${name}: ${phase.signOffs.map(({ role, count }) => `${count} ${cell(role)}`).join(', ')}`;
    case 'perimeter':
      return `${name}: ${phase.gates.length} gates`;
  }
}

function gateSection(plan: Plan, state: State): string {
  const gates = plan.gates.map((gate) => {
    const result = state.gates[gate.name]?.result;
    const skips = state.skipped.filter((one) => one.gate === gate.name);
    // Each with its phase: a skip of the canary says nothing of the gate at the decision.
    const said = skips
      .map(({ phase, by, reason }) => `, skipped in ${cell(phase)} by ${cell(by)}: ${cell(reason)}`)
      .join('');
    if (result === undefined)
      return box(false, `${cell(gate.title)} (${gate.impact}): not evaluated${said}`);
    const line = `${cell(gate.title)} (${gate.impact}): ${OUTCOME_WORDS[result.outcome]}, ${formatInstant(result.evaluatedAtMs)}${said}`;
    return [box(result.outcome === 'pass', line), '', checkTable(gate, result.checks), ''].join(
      '\n',
    );
  });
  return ['## Gates', '', ...gates].join('\n');
}

function judgeSection(plan: Plan, state: State): string {
  const { judge, lastSeq } = state.evidence;
  const pairs = judge?.pairs ?? 0;
  const rests = restsOnLoad(plan, state) ? `, ${SYNTHETIC}` : '';
  const text = `verdict ${state.verdict ?? 'none'} on ${pairs} pairs of intervals, up to number ${lastSeq}${rests}`;
  return ['## Canary', '', box(state.verdict === 'promote', text)].join('\n');
}

function signOffSection(plan: Plan, state: State): string {
  const wanted = plan.phases.flatMap((phase) =>
    phase.kind === 'decision'
      ? phase.signOffs.map(({ role, count }) => [phase.name, `${count} ${role}`])
      : [],
  );
  const open = state.request?.accepted.map(({ person, role, choice, atMs }) =>
    box(
      choice === 'approve',
      `${cell(person)} as ${cell(role)}: ${choice}, ${formatInstant(atMs)}`,
    ),
  );
  const given = state.decisions.flatMap(({ signedBy }) =>
    signedBy.map((one) => box(true, cell(one))),
  );
  return [
    '## Sign-offs',
    '',
    markdownTable(['phase', 'wanted'], wanted),
    '',
    ...given,
    ...(open ?? []),
  ].join('\n');
}

function decisionSection(state: State): string {
  const lines = state.decisions.map((decided) => {
    const conditions = decided.conditions.map(({ gate, expiresAtMs, metAtMs }) => {
      const how =
        metAtMs === null
          ? `open until ${formatInstant(expiresAtMs)}`
          : `met ${formatInstant(metAtMs)}`;
      return `  ${box(metAtMs !== null, `condition: gate ${cell(gate)} passes, ${how}`)}`;
    });
    const revoked = decided.revoked === null ? '' : `, revoked: ${cell(decided.revoked)}`;
    const head = `${decided.outcome} (${decided.subject}), ${formatInstant(decided.atMs)}, request ${decided.requestSha256 || 'none'}${revoked}`;
    return [box(decided.outcome !== 'NO-GO' && decided.revoked === null, head), ...conditions].join(
      '\n',
    );
  });
  const { outcome } = state;
  const end =
    outcome === null
      ? 'No outcome yet.'
      : outcome.kind === 'promoted'
        ? `Outcome: promoted${outcome.ga ? ', GA' : ', not GA'}, ${formatInstant(outcome.atMs)}.`
        : `Outcome: ${outcome.kind}, ${formatInstant(outcome.atMs)}: ${cell(outcome.cause.text)}.`;
  return ['## Decision', '', ...lines, '', end].join('\n');
}
