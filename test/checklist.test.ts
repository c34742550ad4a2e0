/** The filled checklist and the gate report of a whole promotion, recorded as files to be read. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checklist } from '../src/core/decision/checklist.ts';
import { gateReport, gateReportMarkdown } from '../src/core/gate/gate-report.ts';
import { cell } from '../src/core/report/markdown.ts';
import { scenarioPlan } from './scenario/scenario-plan.ts';
import { words } from './scenario/script.ts';
import { StageRun } from './scenario/stage.ts';

const FOLDER = join(import.meta.dirname, 'golden', 'reports');
const NOW = Date.parse('2026-11-23T12:00:00Z');

/** Keys differ from run to run, and with them what hangs on the plan; digests are blanked. */
const blank = (text: string): string => text.replace(/\b[0-9a-f]{64}\b/g, '<sha256>');

function play(lines: readonly string[], first = 'plan'): StageRun {
  const stage = new StageRun(scenarioPlan([words(first)]));
  for (const line of lines) stage.run(line);
  return stage;
}

test('a promotion that waits for its second sign-off', async () => {
  const stage = play([
    ...['open rm-1', 'ok', 'ok', 'ok', 'intervals 10', 'ok', 'ok', 'intervals 5', 'ok'],
    ...['intervals 10', 'ok', 'ok', 'ok', 'sign sre-lead sre-1'],
  ]);
  const { plan, state } = stage;
  if (state === null) throw new Error('nothing is open');
  await expect(blank(checklist(plan, state, NOW))).toMatchFileSnapshot(
    join(FOLDER, 'checklist-open.md'),
  );
});

test('a promotion whose gate fails', async () => {
  const stage = play(['open rm-1', 'evidence ready=20', 'ok evaluate']);
  const { plan, state } = stage;
  if (state === null) throw new Error('nothing is open');
  const results = Object.values(state.gates).map(({ result }) => result);
  const report = gateReport(plan.gates, results);
  expect(report.outcome).toBe('fail');
  const markdown = blank(gateReportMarkdown(plan.gates, report));
  await expect(markdown).toMatchFileSnapshot(join(FOLDER, 'gates-failing.md'));
});

test('text from the world cannot break out of its cell', () => {
  expect(cell('a|b\n# head <script> [x](y) `c`')).toBe(
    'a\\|b # head \\<script\\> \\[x\\](y) \\`c\\`',
  );
});
