import { unreachable } from '../../base/assert.ts';
import { type Problem, problem } from '../../base/problem.ts';
import { orderBack } from './back.ts';
import type { Command } from './event.ts';
import { move, resend, type Step, set } from './step.ts';

/** Commands of people. What turns back is never refused, except once there is no way back. */
export function applyCommand(
  step: Step,
  command: Command,
  by: string,
  reason: string,
): Problem | null {
  switch (command) {
    case 'pause':
      return pause(step, by, reason);
    case 'resume':
      return resume(step);
    case 'retry':
      return retry(step);
    case 'abort':
    case 'rollback':
      return turnBack(step, `${command} by ${by}: ${reason}`, false);
    case 'halt':
      return turnBack(step, `halt by ${by}: ${reason}`, true);
    case 'withdraw':
      return turnBack(step, `withdrawn by ${by}: ${reason}`, false, true);
    default:
      return unreachable(command);
  }
}

function pause(step: Step, by: string, reason: string): Problem | null {
  const { state } = step;
  if (state.back !== null) return problem('conflict', 'it is going back; that is not paused');
  if (state.paused !== null)
    return problem('conflict', `it is paused already, by ${state.paused.by}`);
  set(step, { paused: { by, reason, sinceMs: step.now } });
  return null;
}

function resume(step: Step): Problem | null {
  const { state } = step;
  if (state.paused === null) {
    const hint = state.hold === null ? 'auroractl explain' : 'auroractl retry';
    return problem('conflict', 'it is not paused', hint);
  }
  set(step, { paused: null });
  return null;
}

function retry(step: Step): Problem | null {
  const { state } = step;
  if (state.drift !== null) {
    return problem('lock-mismatch', state.drift.text, 'restore the locked files, or withdraw');
  }
  const stuck = state.pending.filter(({ status }) => status !== 'sent');
  if (state.hold === null && stuck.length === 0) {
    return problem('conflict', 'nothing failed that could be tried again', 'auroractl explain');
  }
  if (state.hold?.kind === 'deadline') move(step, { phaseSinceMs: step.now });
  set(step, { hold: null });
  for (const entry of stuck) resend(step, entry);
  return null;
}

function turnBack(step: Step, text: string, forced: boolean, withdrawn = false): Problem | null {
  const cause = { kind: withdrawn ? 'superseded' : 'person', text } as const;
  if (orderBack(step, cause, { forced, withdrawn })) return null;
  return problem(
    'conflict',
    'the candidate is becoming stable: there is no way back any more',
    'promote the earlier release instead',
  );
}
