import { request } from 'node:http';
import { type Problem, type ProblemCode, problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';

const BODY_BYTES_MAX = 64 * 1_048_576;
const CODES: ReadonlySet<string> = new Set<ProblemCode>([
  'usage',
  'invalid-file',
  'lock-mismatch',
  'not-found',
  'conflict',
  'not-allowed',
  'inconclusive',
  'integrity',
  'unavailable',
  'refused',
]);

/**
 * Asks a process of Aurora at its unix socket. `unavailable` when nobody answers in time: what was
 * asked may or may not have been done. The value is not yet parsed.
 */
export function callAdmin(
  socketPath: string,
  call: { method: string; path: string; body?: unknown; deadlineMs: number },
): Promise<Result<unknown>> {
  const { method, path, body, deadlineMs } = call;
  return new Promise((resolve) => {
    const lost = (why: string): Problem =>
      problem('unavailable', `${method} ${path} at ${socketPath}: ${why}`);
    const signal = AbortSignal.timeout(deadlineMs);
    const asked = request({ socketPath, method, path, agent: false, signal }, (response) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on('data', (part: Buffer) => {
        bytes += part.length;
        if (bytes > BODY_BYTES_MAX) asked.destroy(new Error('the answer is too large'));
        else parts.push(part);
      });
      response.on('error', (error) => resolve(fail(lost(error.message))));
      response.on('end', () => resolve(read(Buffer.concat(parts).toString('utf8'), lost)));
    });
    asked.on('error', (error) => {
      const why = signal.aborted ? `no answer within ${deadlineMs} ms` : error.message;
      resolve(fail(lost(why)));
    });
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function read(text: string, lost: (why: string) => Problem): Result<unknown> {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return fail(lost('the answer is not JSON'));
  }
  if (typeof answer !== 'object' || answer === null) return fail(lost('the answer is empty'));
  if ('value' in answer) return ok(answer.value);
  if (!('problem' in answer)) return fail(lost('the answer has neither value nor problem'));
  const told = answer.problem;
  if (typeof told !== 'object' || told === null) return fail(lost('the answer has no problem'));
  const { code, message, hint } = { code: '', message: '', hint: undefined, ...told };
  const known = CODES.has(code) ? (code as ProblemCode) : 'unavailable';
  return fail(problem(known, String(message), typeof hint === 'string' ? hint : undefined));
}
