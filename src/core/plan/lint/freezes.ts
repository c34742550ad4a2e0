import { formatDuration } from '../../../base/duration.ts';
import type { Freeze, Plan } from '../plan.ts';
import type { Scope } from '../resolve/scope.ts';
import { error, type Rule, rule } from './rule.ts';

export const FREEZE_RULES: readonly Rule[] = [rule(['freezes'], everything)];

const DAY_MS = 86_400_000;
const ONCE_MAX_MS = 366 * DAY_MS;
const MINUTES_OF_DAY = 1_440;

/** Each freeze by itself. */
export function lintFreezeEnds(scope: Scope, freezes: readonly Freeze[]): void {
  for (const freeze of freezes) {
    const path = ['freezes', freeze.name, 'to'];
    if (freeze.kind === 'weekly') {
      if (freeze.toMinute > freeze.fromMinute) continue;
      const message = 'expected an end after the start, on the same day';
      const hint = 'a night is two freezes: to "24:00", and from "00:00" on the day after';
      scope.report(path, error('freeze-ends-before', message, hint));
    } else if (freeze.toMs <= freeze.fromMs) {
      scope.report(path, error('freeze-ends-before', 'expected an end after the start'));
    } else if (freeze.toMs - freeze.fromMs > ONCE_MAX_MS) {
      const lasts = formatDuration(freeze.toMs - freeze.fromMs);
      const message = `the freeze lasts ${lasts}: no weight would ever rise`;
      scope.report(path, error('freeze-covers-all', message));
    }
  }
}

/** Windows of the week that leave no minute free. */
function everything(scope: Scope, { freezes }: Pick<Plan, 'freezes'>): void {
  const frozen = new Set<number>();
  for (const freeze of freezes) {
    if (freeze.kind !== 'weekly') continue;
    for (const day of freeze.days) {
      for (let minute = freeze.fromMinute; minute < freeze.toMinute; minute += 1) {
        frozen.add(day * MINUTES_OF_DAY + minute);
      }
    }
  }
  if (frozen.size < 7 * MINUTES_OF_DAY) return;
  const message = 'the freezes cover the whole week: no weight would ever rise';
  scope.reportKey(['freezes'], error('freeze-covers-all', message));
}
