import { digestOf } from '../../base/digest.ts';
import type { Check, Evidence } from '../gate/check.ts';
import type { Plan } from '../plan/plan.ts';
import type { State } from './state.ts';

/**
 * Evidence that the promotion holds itself: whether the judge says `promote` (1 or 0), and which
 * incidents of a severity were open in the window.
 */
export function ownEvidence(plan: Plan, state: State, check: Check, now: number): Evidence {
  const query = check.evidence;
  const known = { check: check.name, atMs: now, reducer: 'promotion-state/1' };
  if (query.source === 'incidents') {
    const fromMs = now - query.windowMs;
    const items = state.incidents
      .filter(({ severity }) => severity <= query.severityMax)
      .filter(({ resolvedAtMs }) => resolvedAtMs === null || resolvedAtMs >= fromMs)
      .map(({ id, severity, title }) => `${id} SEV${severity} ${title}`);
    const inputSha256 = digestOf(state.incidents);
    if (items.length === 0 && fromMs < state.openedAtMs) {
      const reason = 'incidents from before the promotion are not known to it';
      return { ...known, inputSha256, samples: 0, kind: 'none', reason };
    }
    return { ...known, inputSha256, samples: 1, kind: 'items', items };
  }
  const inputSha256 = digestOf(state.evidence.judge);
  if (state.evidence.judge === null) {
    return { ...known, inputSha256, samples: 0, kind: 'none', reason: 'nothing was judged yet' };
  }
  const samples = Math.max(1, plan.metrics.length);
  if (state.verdict !== 'promote' && state.verdict !== 'rollback') {
    const reason = 'the judge can not tell yet';
    return { ...known, inputSha256, samples: 0, kind: 'none', reason };
  }
  const value = state.verdict === 'promote' ? 1 : 0;
  return { ...known, inputSha256, samples, kind: 'number', value };
}
