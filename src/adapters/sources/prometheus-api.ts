import { setTimeout as sleep } from 'node:timers/promises';
import { formatDuration } from '../../base/duration.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { PrometheusServer } from '../../core/gate/check.ts';
import { type Got, get, type NotGot } from './get.ts';
import {
  type PrometheusAnswer,
  type PrometheusFault,
  prometheusAnswer,
  prometheusError,
} from './prometheus-answer.ts';
import { prometheusCredentials } from './prometheus-credentials.ts';
import { redact } from './redact.ts';

export type PrometheusQuestion =
  /** At the server's own time where none is given. */
  | { path: 'query'; query: string; atMs: number | null }
  | { path: 'query_range'; query: string; startMs: number; endMs: number; stepMs: number };

export interface PrometheusFound extends PrometheusAnswer {
  body: Uint8Array;
}

/** As many samples as are read of one answer, and their labels. */
const BODY_BYTES_MAX = 8 * 1_048_576;
const ATTEMPTS_MAX = 4;
const PAUSE_MS = 100;
/** Overloaded, or a proxy whose server starts: the same question may be answered soon. */
const AGAIN = new Set([429, 502, 503, 504]);

/**
 * Asks a Prometheus up to four times, within one deadline over all of them: `deadlineAtMs` on
 * performance.now()'s clock, the server's own from now on where it is left out. A lost connection and
 * what says "later" is asked again, after a pause that grows or as the server wishes, a refusal never.
 * The reason of a failure names the server and holds no secret.
 */
export async function askPrometheus(
  server: PrometheusServer,
  question: PrometheusQuestion,
  workFolder: string,
  deadlineAtMs = performance.now() + server.deadlineMs,
): Promise<Result<PrometheusFound, PrometheusFault>> {
  const { url } = server;
  const base = URL.canParse(url) ? redact(url).replace(/\/$/, '') : '(no valid URL)';
  const place = `${base}/api/v1/${question.path}`;
  const headers = prometheusCredentials(server, workFolder);
  const failed = (reason: string, isTooLarge = false) => {
    return fail({ reason: `${place}: ${reason}`, isTooLarge });
  };
  if (!headers.ok) return failed(headers.problem);
  const target = `${url}/api/v1/${question.path}?${parameters(question)}`;
  let last = 'there was no time to ask';
  for (let attempt = 1; ; attempt += 1) {
    const deadlineMs = Math.ceil(deadlineAtMs - performance.now());
    if (deadlineMs < 1) return failed(`${last}, ${deadlineText(server)}`);
    const accept = 'application/json';
    const limits = { deadlineMs, bytesMax: BODY_BYTES_MAX, accept, headers: headers.value };
    const got = await get(target, limits);
    if (got.ok && got.value.status === 200) {
      const { body } = got.value;
      const answer = prometheusAnswer(body);
      if (answer.ok) return ok({ ...answer.value, body });
      return failed(answer.problem.reason, answer.problem.isTooLarge);
    }
    last = reasonOf(got);
    const pauseMs = pauseBefore(attempt, got);
    if (pauseMs === null || attempt === ATTEMPTS_MAX) return failed(last);
    if (pauseMs >= deadlineAtMs - performance.now()) {
      const wish = got.ok && got.value.retryAfter !== null ? ' and wants to be asked later' : '';
      return failed(`${last}${wish}, ${deadlineText(server)}`);
    }
    await sleep(pauseMs);
  }
}

function deadlineText({ deadlineMs }: PrometheusServer): string {
  return `the deadline is ${formatDuration(deadlineMs)}`;
}

function parameters(question: PrometheusQuestion): URLSearchParams {
  const seconds = (ms: number): string => (ms / 1_000).toFixed(3);
  const { path, query } = question;
  if (path === 'query') {
    return new URLSearchParams(
      question.atMs === null ? { query } : { query, time: seconds(question.atMs) },
    );
  }
  const { startMs, endMs, stepMs } = question;
  const [start, end] = [seconds(startMs), seconds(endMs)];
  return new URLSearchParams({ query, start, end, step: seconds(stepMs) });
}

function reasonOf(got: Result<Got, NotGot>): string {
  if (!got.ok) return got.problem.reason;
  const { status, body } = got.value;
  const why = prometheusError(body);
  return why === null ? `it answered ${status}` : `it answered ${status}, ${why}`;
}

/** null: asking again would not help. */
function pauseBefore(attempt: number, got: Result<Got, NotGot>): number | null {
  const pauseMs = PAUSE_MS * 3 ** (attempt - 1);
  if (!got.ok) return got.problem.isLost ? pauseMs : null;
  if (!AGAIN.has(got.value.status)) return null;
  return Math.max(pauseMs, waitMs(got.value.retryAfter));
}

/** Of a Retry-After header (RFC 9110, 10.2.3): seconds, or a date. */
function waitMs(retryAfter: string | null): number {
  if (retryAfter === null) return 0;
  if (/^\d{1,9}$/.test(retryAfter)) return Number(retryAfter) * 1_000;
  const dateMs = Date.parse(retryAfter);
  return Number.isNaN(dateMs) ? 0 : dateMs - Date.now();
}
