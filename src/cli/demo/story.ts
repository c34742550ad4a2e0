import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateFiles, verifyLedgerOf } from '../../app.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { Checklist, type PromotionView } from '../../protocol/controller.ts';
import { promotionTree } from '../promotion-tree.ts';
import { type Act, play, type Stage, tookText, waivedLines } from './act.ts';
import { SERVICE } from './folder.ts';

const REHEARSAL_MS = 20_000;

interface Scene extends Act {
  title: string;
  intro: readonly string[];
  /** How it has to end, for the demonstration to have shown what it says. */
  ends: 'GA' | 'rolled-back' | 'rehearsed';
  because: RegExp;
}

const SCENES: readonly Scene[] = [
  {
    title: 'A good candidate',
    intro: [
      'Tests are read, it soaks under load of its own, it gets half of the traffic and is judged',
      'against stable, two people sign, it is rolled out and watched.',
    ],
    candidate: '2.0.0-rc.1',
    plan: 'quick.yaml',
    rehearseInMs: null,
    ends: 'GA',
    because: /^$/,
  },
  {
    title: 'A bad candidate',
    intro: ['Three of a hundred requests fail. No limit is broken; the judge compares.'],
    candidate: '3.0.0-rc.1',
    plan: 'quick.yaml',
    rehearseInMs: null,
    ends: 'rolled-back',
    because: /the judge/,
  },
  {
    title: 'A slow leak',
    intro: ['It answers well, passes the canary and is signed. Its memory grows.'],
    candidate: '4.0.0-rc.1',
    plan: 'quick.yaml',
    rehearseInMs: null,
    ends: 'rolled-back',
    because: /leak/,
  },
  {
    title: 'A plan of three weeks, rehearsed',
    intro: [
      '168 hours of soak, 72 hours of canary, a decision, 25/50/100 % six hours apart, a week of',
      'watching: the same plan, on scaled time. It ends where it began, and never counts.',
    ],
    candidate: '5.0.0-rc.1',
    plan: 'three-weeks.yaml',
    rehearseInMs: REHEARSAL_MS,
    ends: 'rehearsed',
    because: /./,
  },
];

export const SCENE_COUNT = SCENES.length;
export const SCENE_LINES = SCENES.map(({ title, candidate, ends }, index) => {
  return `${index + 1}. ${title}: ${candidate}, ends as ${ends}`;
});

/**
 * Four promotions, or the one of that number, then the proof. `inconclusive`: one of them did not end
 * as it had to.
 */
export async function tell(stage: Stage, only: number | null): Promise<Result<void>> {
  const { context, folder } = stage;
  const say = (line = ''): void => context.printText(`${line}\n`);
  say(`Aurora, on this machine. The service ${SERVICE} 1.0.0 serves ${folder.door}`);
  say(`Everything lies in ${folder.folder}`);
  for (const [index, scene] of SCENES.entries()) {
    if (only !== null && only !== index + 1) continue;
    say();
    say(`${index + 1}. ${scene.title}: ${scene.candidate}`);
    for (const line of scene.intro) say(`   ${line}`);
    const ended = await play(stage, scene);
    if (!ended.ok) return ended;
    for (const line of waivedLines(ended.value)) say(`          ${line}`);
    if (!endsAsTold(scene, ended.value)) return surprise(stage, scene, ended.value);
    const report = await writeChecklist(stage, ended.value);
    if (!report.ok) return report;
    say(`          took ${tookText(ended.value)}; report: ${report.value}`);
  }
  return await prove(stage, say);
}

function endsAsTold({ ends, because }: Scene, { outcome }: PromotionView): boolean {
  if (outcome === null) return false;
  const how = outcome.kind === 'promoted' && outcome.ga ? 'GA' : outcome.kind;
  return how === ends && because.test(outcome.cause ?? '');
}

function surprise({ context }: Stage, { ends }: Scene, view: PromotionView): Result<never> {
  context.printText(promotionTree(view, context.nowMs()));
  const found = view.outcome?.cause ?? view.outcome?.kind ?? 'no outcome';
  return fail(problem('inconclusive', `${view.id} was to end as ${ends}, and did not: ${found}`));
}

async function writeChecklist(
  { client, folder }: Stage,
  { id, candidate }: PromotionView,
): Promise<Result<string>> {
  const filled = await client.ask(Checklist, 'GET', `/checklist?id=${encodeURIComponent(id)}`);
  if (!filled.ok) return filled;
  const path = join(folder.folder, 'reports', `checklist-${candidate}.md`);
  writeFileSync(path, filled.value.markdown);
  return ok(path);
}

/** Re-hashes every entry, against the log's public key. */
async function prove({ folder }: Stage, say: (line?: string) => void): Promise<Result<void>> {
  const files = stateFiles(folder.state);
  const vkey = readFileSync(files.logVkey, 'utf8').trim();
  const verified = await verifyLedgerOf(folder.state, vkey);
  if (!verified.ok) return verified;
  const { entries, rows, checkpoints, damageCount } = verified.value;
  say();
  say(`Everything that was decided, and why, is in the ledger: ${files.ledger}`);
  say(`auroractl ledger verify --state ${folder.state}`);
  say(`          ${entries} entries, ${rows} intervals, ${checkpoints} signed checkpoints`);
  if (damageCount > 0) {
    return fail(problem('integrity', `the ledger is damaged in ${damageCount} places`));
  }
  say('          intact: every entry hashes to the signed root');
  say();
  say(`Look around: auroractl history --state ${folder.state}`);
  say(`             auroractl ledger list --state ${folder.state}`);
  return ok(undefined);
}
