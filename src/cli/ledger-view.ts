import { formatDuration } from '../base/duration.ts';
import { formatInstant } from '../base/instant.ts';
import { type Problem, problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { OptionDefinition } from './command.ts';

export const STATE_OPTION: OptionDefinition = {
  flags: '--state <folder>',
  summary: 'state directory of the controller',
  default: '.aurora',
  env: 'AURORA_STATE',
  completes: 'folder',
};

/** A whole number from 0, as a person writes it; `usage` naming what it is. */
export function parseWhole(text: string, what: string): Result<number> {
  const value = Number(text);
  if (/^\d{1,15}$/.test(text) && Number.isSafeInteger(value)) return ok(value);
  return fail(notWhole(text, what));
}

function notWhole(text: string, what: string): Problem {
  return problem('usage', `expected ${what} as a whole number, found ${JSON.stringify(text)}`);
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** `3d`, `2h`, `5m`, `12s`: the largest unit; `in 5m` for what a clock puts into the future. */
export function formatAge(atMs: number, nowMs: number): string {
  const ageMs = Math.abs(nowMs - atMs);
  const unitMs = [DAY_MS, HOUR_MS, MINUTE_MS].find((unit) => ageMs >= unit) ?? 1_000;
  const text = formatDuration(Math.floor(ageMs / unitMs) * unitMs);
  return atMs > nowMs + 1_000 ? `in ${text}` : text;
}

/** UTC to the second: `2026-11-21T04:00:00Z`. */
export function formatTime(atMs: number): string {
  return `${formatInstant(atMs).slice(0, 19)}Z`;
}
