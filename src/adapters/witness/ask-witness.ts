import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';

const ANSWER_BYTES_MAX = 65_536;
/** Over everything, from the first byte to the last. */
const DEADLINE_MS = 10_000;

/** What a witness answered: signature lines, or the size that it knows instead of the one named. */
export type WitnessReply = { kind: 'cosigned'; lines: string } | { kind: 'knows'; size: number };

/**
 * Sends a checkpoint with its proof to the witness at `url` (C2SP tlog-witness, add-checkpoint).
 * `unavailable` where nobody answers in time, `integrity` where the witness finds the history
 * inconsistent, `refused` where it does not know the log or does not take the request.
 */
export async function askWitness(url: string, update: string): Promise<Result<WitnessReply>> {
  try {
    const target = new URL('add-checkpoint', url.endsWith('/') ? url : `${url}/`);
    const response = await fetch(target, {
      method: 'POST',
      body: update,
      headers: { 'content-type': 'text/plain; charset=utf-8', 'user-agent': 'aurora' },
      redirect: 'error',
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    const body = await readText(response);
    if (body === null) return fail(problem('refused', `${url} answered too much`));
    if (response.status === 200) return ok({ kind: 'cosigned', lines: body });
    const size = /^(0|[1-9]\d{0,15})\n$/.exec(body)?.[1];
    if (response.status === 409 && size !== undefined)
      return ok({ kind: 'knows', size: Number(size) });
    return fail(refusal(url, response.status, body));
  } catch (error) {
    return fail(problem('unavailable', `${url}: ${reasonOf(error)}`));
  }
}

function refusal(url: string, status: number, body: string): Problem {
  // Of a stranger: one line of it, and nothing that moves a terminal's cursor.
  const words = (body.split('\n')[0] ?? '').replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
  const message = `${url} answered ${status}: ${words}`;
  if (status === 422) return problem('integrity', message, 'see docs/formats/ledger.md, Witnesses');
  return problem(status >= 500 ? 'unavailable' : 'refused', message);
}

async function readText(response: Response): Promise<string | null> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.length;
    if (bytes > ANSWER_BYTES_MAX) return null;
    parts.push(part);
  }
  return new TextDecoder().decode(Buffer.concat(parts));
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) throw error;
  const cause = error.cause instanceof Error && 'code' in error.cause ? error.cause.code : null;
  return String(cause ?? error.message);
}
