import type { Problem } from '../base/problem.ts';
import { parseTrackAddress } from '../base/track-address.ts';
import type { PromotionView } from '../protocol/controller.ts';
import type { View } from './output.ts';
import type { RunningService } from './service-up.ts';

export interface CanaryEnd {
  view: PromotionView;
  /** As it was before the promotion. */
  before: RunningService;
  planPath: string;
  /** Why the candidate never came up; null: it did. */
  neverUp: Problem | null;
  /** The service was stopped behind it. */
  isDown: boolean;
}

/** What happened and why, what is stable now, and how to go on, in words. */
export function canaryReport(end: CanaryEnd): string {
  const lines = [...whatHappened(end), ...whatIsNow(end), ...whatNext(end)];
  return `${lines.join('\n')}\n`;
}

/** The same for programs. */
export function canaryView({ view, before, planPath, neverUp, isDown }: CanaryEnd): View {
  const data = {
    promotion: view.id,
    service: view.service,
    candidate: view.candidate,
    outcome: view.outcome,
    verdict: view.verdict,
    neverUp: neverUp?.message ?? null,
    stableBefore: before.stable.version,
    stable: isPromoted(view) ? view.version : before.stable.version,
    door: isDown ? null : `http://${before.door}`,
    plan: planPath,
  };
  return { kind: 'CanaryResult', data, columns: [], rows: [] };
}

function isPromoted({ outcome }: PromotionView): boolean {
  return outcome?.kind === 'promoted';
}

/** It had to be shown for the share to rise; what the last interval looked like is another matter. */
function judgedText({ kind, reason }: NonNullable<PromotionView['verdict']>): string {
  return kind === 'promote'
    ? reason
    : `shown not worse than its margins before the share rose; ${reason}`;
}

function whatHappened({ view, before, neverUp }: CanaryEnd): string[] {
  const { candidate, version, outcome, verdict, service } = view;
  if (isPromoted(view)) {
    const judged = verdict === null ? [] : [`  the judge: ${judgedText(verdict)}`];
    return [`${service} ${candidate} is stable now, as ${version}.`, ...judged, ...numbers(view)];
  }
  const stays = `${service} ${before.stable.version} is still stable; ${candidate} was taken back.`;
  const why = neverUp === null ? [`  why: ${outcome?.cause ?? 'unknown'}`] : ['  it never came up'];
  return [stays, ...why, ...(neverUp === null ? numbers(view) : [])];
}

/** The one number that needs no explanation. */
function numbers({ verdict }: PromotionView): string[] {
  if (verdict === null || 'method' in verdict) return [];
  return verdict.metrics
    .filter(({ metric }) => metric === 'errors')
    .map(({ stable, candidate }) => {
      const count = ({ events, total }: typeof stable): string => `${events} of ${total}`;
      return `  failed requests: candidate ${count(candidate)}, stable ${count(stable)}`;
    });
}

function whatIsNow({ view, before, isDown, planPath }: CanaryEnd): string[] {
  const { service, version } = view;
  const stable = isPromoted(view) ? version : before.stable.version;
  const old = before.stable.command;
  const isOutside = isPromoted(view) && parseTrackAddress(old) !== null;
  return [
    isDown
      ? `${service} is stopped; ${stable} is what it starts with: auroractl service start ${service}`
      : `${service} answers at http://${before.door}, all of it ${stable}.`,
    ...(isOutside ? [`${old} is not used any more, and still runs.`] : []),
    `The plan, to read and to change: ${planPath}`,
  ];
}

function whatNext({ view: { service, id }, isDown }: CanaryEnd): string[] {
  const name = service === 'canary' ? '' : ` --name ${service}`;
  return [
    `The next one: auroractl canary${name} --candidate 'COMMAND'`,
    `What was recorded: auroractl ledger list --promotion ${id}`,
    ...(isDown ? [] : [`To end the service: auroractl service stop ${service}`]),
  ];
}
