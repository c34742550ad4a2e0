import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatDuration } from '../../base/duration.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { packageFile } from '../../process/package-file.ts';
import { type Promote, PromotionView } from '../../protocol/controller.ts';
import type { Context } from '../command.ts';
import type { ControllerClient } from '../controller-client.ts';
import { LiveText } from '../live-text.ts';
import { promotionTree } from '../promotion-tree.ts';
import { openRequest, signRequest } from '../sign-request.ts';
import { type DemoFolder, SIGNERS } from './folder.ts';

export interface Stage {
  context: Context;
  client: ControllerClient;
  folder: DemoFolder;
}

export interface Act {
  candidate: string;
  /** Under plans/demo/ of the package; a copy lies in the folder. */
  plan: string;
  /** null: in real time, and it counts. */
  rehearseInMs: number | null;
}

const POLL_MS = 200;
const ACT_MAX_MS = 180_000;
const SECONDS_BETWEEN_NUMBERS = 2;

/** One promotion from its command to its end: told as it goes, and signed when it asks. */
export async function play(stage: Stage, act: Act): Promise<Result<PromotionView>> {
  const opened = await open(stage, act);
  if (!opened.ok) return opened;
  const { context, client } = stage;
  const startedMs = performance.now();
  let told = '';
  const live = context.isTerminal ? new LiveText(context) : null;
  const say = (text: string): void =>
    live === null ? context.printText(`${text}\n`) : live.above(text);
  for (;;) {
    const seen = await client.promotion(opened.value.id);
    if (!seen.ok) return seen;
    const view = seen.value;
    const elapsedMs = performance.now() - startedMs;
    const line = lineOf(view, Math.floor(elapsedMs / 1_000 / SECONDS_BETWEEN_NUMBERS));
    if (line.key !== told) {
      say(`${seconds(elapsedMs)}  ${line.text}`);
      told = line.key;
    }
    if (view.outcome !== null) return ok(view);
    if (elapsedMs > ACT_MAX_MS) {
      return fail(problem('unavailable', `${view.id} is not over`, `auroractl explain ${view.id}`));
    }
    live?.show(promotionTree(view, context.nowMs()));
    const signed = await signIfAsked(stage, view, (text) => {
      say(`${seconds(elapsedMs)}  ${text}`);
    });
    if (!signed.ok) return signed;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function open({ client, folder }: Stage, act: Act): Promise<Result<PromotionView>> {
  const plans = join(folder.folder, 'plans');
  mkdirSync(plans, { recursive: true });
  const path = join(plans, act.plan);
  copyFileSync(packageFile(`plans/demo/${act.plan}`), path);
  const body: Promote = {
    path,
    text: readFileSync(path, 'utf8'),
    args: folder.argumentsFor(act.candidate),
    by: 'dana',
    rehearsal: act.rehearseInMs !== null,
    supersede: false,
    ...(act.rehearseInMs === null ? {} : { scaleToMs: act.rehearseInMs }),
  };
  return await client.ask(PromotionView, 'POST', '/promote', body);
}

/** Both sign, each with a key of their own, over the bytes of the frozen request. */
async function signIfAsked(
  { client, context, folder }: Stage,
  view: PromotionView,
  say: (text: string) => void,
): Promise<Result<void>> {
  if (!view.waiting.some(({ on }) => on === 'sign-offs')) return ok(undefined);
  const request = await openRequest(client, view.id);
  if (!request.ok) return request;
  for (const { person, role } of SIGNERS) {
    const signed = await signRequest(client, request.value, {
      by: { kind: 'file', path: folder.keyOf(person) },
      person,
      role,
      choice: 'approve',
      atMs: context.nowMs(),
    });
    if (!signed.ok) return signed;
    say(`${person} signs as ${role}`);
  }
  return ok(undefined);
}

/** What is told of a moment; told again only when its key is another. */
function lineOf(view: PromotionView, round: number): { key: string; text: string } {
  const { outcome, back, weights, verdict } = view;
  if (outcome !== null) {
    const text = outcome.ga ? 'GA' : `${outcome.kind}: ${outcome.cause ?? ''}`;
    return { key: 'ended', text };
  }
  if (back !== null) return { key: 'back', text: `going back: ${back}` };
  const active = view.phases.find(({ standing }) => standing === 'active');
  const where = `${active?.name ?? ''} ${active?.stage ?? ''}`.padEnd(16);
  const share = `candidate ${String(weights.candidate).padStart(3)} %`;
  const isCompared = weights.candidate > 0 && weights.candidate < 100 && verdict !== null;
  if (!isCompared) return { key: `${where}${share}`, text: `${where} ${share}` };
  return { key: `${where}${share}${round}`, text: `${where} ${share}${verdictText(verdict)}` };
}

function verdictText(verdict: NonNullable<PromotionView['verdict']>): string {
  if ('method' in verdict) return `; judge: ${verdict.kind}`;
  const { kind, e, eThreshold, split } = verdict;
  const measured = split.observedPct === null ? '' : `, measured ${split.observedPct.toFixed(1)} %`;
  return `${measured}; judge: ${kind}, e = ${e.toPrecision(3)} of ${eThreshold.toPrecision(3)}`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1).padStart(6)} s`;
}

/** What kept a rehearsal from being a promotion, a line each. */
export function waivedLines(view: PromotionView): string[] {
  return view.waived.map(({ phase, text }) => `would have blocked in ${phase}: ${text}`);
}

export function tookText({ openedAtMs, outcome }: PromotionView): string {
  const tookMs = (outcome?.atMs ?? openedAtMs) - openedAtMs;
  return formatDuration(Math.round(tookMs / 100) * 100);
}
