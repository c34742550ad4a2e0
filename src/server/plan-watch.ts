import { readFileSync, statSync } from 'node:fs';
import type { Controller } from '../app-controller.ts';
import { diffValues } from '../base/diff.ts';
import { digestOf } from '../base/digest.ts';
import { planOf } from './plan-of.ts';

type Promotion = Controller['engine']['promotions'][number];

const EVERY_MS = 2_000;
const KEYS_MAX = 10;

/**
 * Holds the plans of active promotions against the files they came from: one that was changed, or is
 * gone, stops its promotion until it is as it was. What turns back is not stopped.
 */
export class PlanWatch {
  private readonly controller: Controller;
  private readonly seen = new Map<string, string>();
  private lookedMs = Number.NEGATIVE_INFINITY;

  constructor(controller: Controller) {
    this.controller = controller;
  }

  /** Looks at each file, at most every other second; a file that has not moved is not read again. */
  async look(nowMs: number): Promise<void> {
    if (nowMs - this.lookedMs < EVERY_MS) return;
    this.lookedMs = nowMs;
    for (const runner of this.controller.engine.promotions) {
      const { origin, outcome, back } = runner.state;
      if (origin === null) continue;
      if (outcome !== null || back !== null) {
        this.seen.delete(runner.id);
        continue;
      }
      const mark = markOf(origin.path);
      if (this.seen.get(runner.id) === mark) continue;
      this.seen.set(runner.id, mark);
      await this.controller.engine.post(runner.id, { kind: 'drift', keys: this.drifted(runner) });
    }
  }

  private drifted({ plan, planSha256, state }: Promotion): string[] {
    const { origin } = state;
    if (origin === null) return [];
    let text: string;
    try {
      text = readFileSync(origin.path, 'utf8');
    } catch (error) {
      return [`${origin.path} cannot be read: ${String(error)}`];
    }
    const now = planOf(this.controller, origin, text);
    if (!now.ok) return [now.problem.message.split('\n').slice(0, 2).join(': ')];
    if (digestOf(now.value) === planSha256) return [];
    const keys = diffValues(plan, now.value).map(({ path }) => path);
    const more = keys.length > KEYS_MAX ? [`and ${keys.length - KEYS_MAX} more`] : [];
    return [...keys.slice(0, KEYS_MAX), ...more];
  }
}

/** What tells one content of a file from the next without reading it. */
function markOf(path: string): string {
  try {
    const { ino, size, mtimeMs, ctimeMs } = statSync(path);
    return `${ino} ${size} ${mtimeMs} ${ctimeMs}`;
  } catch {
    return 'gone';
  }
}
