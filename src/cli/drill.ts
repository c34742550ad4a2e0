import { type ServiceView, servicesOf } from '../app.ts';
import { formatDuration } from '../base/duration.ts';
import { type Problem, problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { type Order, type Promote, PromotionView } from '../protocol/controller.ts';
import { isNobodyPromoting } from './canary-run.ts';
import type { Context } from './command.ts';
import { ControllerClient } from './controller-client.ts';
import { untilFirstAnswer } from './drill-answers.ts';
import { drillBackup, drillStable } from './drill-backup.ts';
import { drillPlan } from './drill-plan.ts';
import type { DrillResult } from './drill-report.ts';
import { orderUntilTaken, pollUntil, untilEnded, untilShare } from './drill-watch.ts';

export const DRILL_KINDS = ['rollback', 'failover', 'halt'] as const;
export type DrillKind = (typeof DRILL_KINDS)[number];

export interface DrillWish {
  kind: DrillKind;
  service: string;
  state: string;
  by: string;
  /** The backup's share; a failover takes all of it. */
  weightPct: number;
  /** How long the share stands before the way back. */
  holdMs: number;
  limitMs: number;
  /** `10rps /path`; null: its users' own requests. */
  load: string | null;
  /** Starts the backup in place of what started stable; null: that. */
  command: string | null;
}

/** What comes later than its limit is waited for all the same: by how much is worth knowing. */
const LATE_MS = 60_000;

/** Where in the drill, and what it goes by. */
interface Drill {
  wish: DrillWish;
  context: Context;
  client: ControllerClient;
  services: Awaited<ReturnType<typeof servicesOf>>;
  view: ServiceView;
  id: string;
}

/**
 * Rehearses a way back on the real processes: a second instance of what is stable takes a share, and
 * is sent back. Problems: `conflict` while the service is being promoted, `not-found`, `usage`,
 * `unavailable` where nothing was begun; what went wrong after that is a result that did not pass.
 */
export async function runDrill(context: Context, wish: DrillWish): Promise<Result<DrillResult>> {
  const services = await servicesOf(wish.state);
  const view = await services.view(wish.service);
  if (!view.ok) return view;
  const stable = drillStable(view.value);
  if (!stable.ok) return stable;
  const client = new ControllerClient(wish.state);
  const free = await isNobodyPromoting(client, wish.service);
  if (!free.ok) return free;
  const backup = await drillBackup(wish.state, stable.value, wish.command);
  if (!backup.ok) return backup;
  const { kind, service, by, weightPct, holdMs, load } = wish;
  const { intervalMs } = view.value.definition.traffic;
  const stableVersion = stable.value.version;
  const shared = { kind, service, stableVersion, weightPct, holdMs, intervalMs, load };
  const text = drillPlan({ ...shared, backup: backup.value });
  const path = `${kind}-drill.yaml`;
  const body: Promote = { path, text, args: {}, by, rehearsal: true, supersede: false };
  const [atMs, begunMs] = [context.nowMs(), performance.now()];
  const opened = await client.ask(PromotionView, 'POST', '/promote', body);
  if (!opened.ok) return opened;
  const { id } = opened.value;
  context.note(`${id}: a second instance of ${stableVersion} is to take ${weightPct} %`);
  context.note(`should this end early, it goes back by itself; now: auroractl abort ${id}`);
  const drill: Drill = { wish, context, client, services, view: view.value, id };
  const measured = await goThere(drill, begunMs);
  const back = await goBack(drill, measured.ok ? null : measured.problem);
  const problemFound = measured.ok ? (back.ok ? null : back.problem) : measured.problem;
  const taken = kind === 'failover' ? measured : back;
  return ok({
    ...{ kind, service, stable: stableVersion, by, promotion: id, limitMs: wish.limitMs },
    // Of an order to go back the moment counts at which it was given.
    atMs: kind === 'failover' || !back.ok ? atMs : back.value.atMs,
    tookMs: problemFound === null && taken.ok ? taken.value.tookMs : null,
    backMs: back.ok ? back.value.tookMs : null,
    problem: problemFound,
  });
}

/** The backup has its share and, in a failover, has answered; since the promotion was asked for. */
async function goThere(drill: Drill, begunMs: number): Promise<Result<{ tookMs: number }>> {
  const { wish, context, client, services, view, id } = drill;
  const until = { deadlineMs: begunMs + wish.limitMs + LATE_MS };
  const shared = await untilShare(client, id, wish.weightPct, until);
  if (!shared.ok) return shared;
  context.note(`${id}: ${wish.weightPct} % confirmed after ${sinceText(begunMs)}`);
  if (wish.kind === 'failover') {
    const afterSeq = view.splitter?.lastSeq ?? 0;
    const folder = services.folderOf(wish.service);
    const answered = await untilFirstAnswer(view, folder, afterSeq, until);
    if (!answered.ok) return answered;
    context.note(`${id}: the backup's first answers counted after ${sinceText(begunMs)}`);
  }
  const tookMs = performance.now() - begunMs;
  await new Promise((resolve) => setTimeout(resolve, wish.holdMs));
  return ok({ tookMs });
}

/** All traffic at stable and the backup stopped, as controller, splitter and keeper say. */
async function goBack(
  drill: Drill,
  failure: Problem | null,
): Promise<Result<{ tookMs: number; atMs: number }>> {
  const { wish, context, client, services, id } = drill;
  if (failure !== null) context.note(`${id}: ${failure.message}; it is sent back`);
  const command = wish.kind === 'halt' ? 'halt' : 'rollback';
  const reason = `drill: ${wish.kind}`;
  const order: Order = { id, command, by: wish.by, reason };
  const [atMs, begunMs] = [context.nowMs(), performance.now()];
  const until = { deadlineMs: begunMs + wish.limitMs + LATE_MS };
  const taken = await orderUntilTaken(client, order, until);
  if (taken.ok) context.note(`${id}: ${command} ordered`);
  // Refused because it has ended already: the outcome tells why.
  else if (taken.problem.code !== 'conflict') return taken;
  const ended = await untilEnded(client, id, until);
  if (!ended.ok) return ended;
  const { outcome } = ended.value;
  const cause = outcome?.cause ?? 'no cause';
  if (outcome?.kind !== 'rolled-back' || !cause.includes(reason)) {
    const message = `it ended ${outcome?.kind ?? 'without an outcome'}: ${cause}`;
    return fail(problem('unavailable', message));
  }
  const quiet = await pollUntil(
    async () => ((await isAlone(services, wish.service)) ? true : null),
    until,
    'stable alone, with all the traffic',
  );
  if (!quiet.ok) return quiet;
  context.note(`${id}: all traffic at stable, the backup stopped, after ${sinceText(begunMs)}`);
  return ok({ tookMs: performance.now() - begunMs, atMs });
}

async function isAlone(services: Drill['services'], service: string): Promise<boolean> {
  const view = await services.view(service);
  if (!view.ok || view.value.keeper === null || view.value.splitter === null) return false;
  const { keeper, splitter } = view.value;
  const isSent = splitter.weights.candidate > 0 || splitter.candidate !== null;
  return !isSent && keeper.instances.every(({ track }) => track === 'stable');
}

function sinceText(begunMs: number): string {
  return formatDuration(Math.round(performance.now() - begunMs));
}
