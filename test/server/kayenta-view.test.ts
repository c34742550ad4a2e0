import * as Value from 'typebox/value';
import { expect, test } from 'vitest';
import { promotionTree } from '../../src/cli/promotion-tree.ts';
import { KAYENTA_DEFAULTS } from '../../src/core/judge/kayenta/settings.ts';
import { PromotionView } from '../../src/protocol/controller.ts';
import { promotionView } from '../../src/server/promotion-view.ts';
import { StageRun } from '../scenario/stage.ts';
import { simPlan } from '../sim/sim-plan.ts';

/** The view of a promotion that went so far, as it comes over the socket. */
function viewAfter(intervals: number, bad: number): PromotionView {
  const judge = { method: 'kayenta', ...KAYENTA_DEFAULTS } as const;
  const whole = simPlan('service');
  const phases = whole.phases.filter(({ kind }) => kind === 'canary');
  const stage = new StageRun({ ...whole, judge, phases });
  for (const line of ['open rm-1', 'ok start', 'ok set-weights', 'ok evaluate']) stage.run(line);
  stage.run(`intervals ${intervals} bad=${bad}`);
  if (stage.state === null) throw new Error('nothing was opened');
  const view = promotionView(stage.plan, stage.state, stage.now, null);
  const told: unknown = JSON.parse(JSON.stringify(view));
  expect(Value.Check(PromotionView, told)).toBe(true);
  return view;
}

test("a verdict by Kayenta's rule is shown as scores, and as nothing else", () => {
  const view = viewAfter(60, 0.03);
  expect(view.verdict).toMatchObject({
    ...{ method: 'kayenta', kind: 'rollback', score: 0, pass: 95, marginal: 75, judgements: 1 },
    metrics: [{ metric: 'errors', unit: '%', outcome: 'fail', label: 'High' }],
  });
  expect(view.verdict).not.toHaveProperty('e');
  expect(view.verdict).not.toHaveProperty('split');
  const tree = promotionTree(view, view.openedAtMs);
  expect(tree).toMatch(/judge, by Kayenta's rule: rollback; the candidate scores 0 of 100/);
  expect(tree).toMatch(/errors: fail \(High\), candidate 2.99 %, stable 1.00 %, ratio 2.98/);
});

test('before its first judgement it has none', () => {
  const view = viewAfter(59, 0.01);
  expect(view.verdict).toMatchObject({ kind: 'inconclusive', score: null, nextInIntervals: 1 });
  expect(promotionTree(view, view.openedAtMs)).toMatch(/no score.*errors: inconclusive/s);
});
