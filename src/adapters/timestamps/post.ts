import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';

export interface PostLimits {
  /** Over everything, from the first byte to the last. */
  deadlineMs: number;
  bytesMax: number;
}

const QUERY_TYPE = 'application/timestamp-query';
const REPLY_TYPE = 'application/timestamp-reply';
/** Too many at once, too slow, or its own fault: later may be better. */
const PASSING = [408, 425, 429];

/**
 * Sends a timestamp query (RFC 3161, section 3.4) on a connection of its own; the whole answer's body.
 * `unavailable` where nobody answers, or not in time; `refused` for an answer that says no; `integrity`
 * for one that is of another kind, such as a proxy's page. A redirect is not followed.
 */
export function postQuery(
  url: string,
  query: Uint8Array,
  { deadlineMs, bytesMax }: PostLimits,
): Promise<Result<Uint8Array>> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(deadlineMs);
    const lost = (error: Error): void => {
      const late = `no whole answer within ${deadlineMs} ms`;
      const reason = signal.aborted ? late : error.message || String(error);
      resolve(fail(problem('unavailable', reason)));
    };
    const headers = {
      'content-type': QUERY_TYPE,
      'content-length': query.length,
      accept: REPLY_TYPE,
      'user-agent': 'aurora',
    };
    const target = new URL(url);
    const request = target.protocol === 'https:' ? requestHttps : requestHttp;
    const options = { method: 'POST', agent: false, signal, headers };
    const asked: ClientRequest = request(target, options, (response) => {
      const refusal = refusalOf(response);
      if (refusal !== null) {
        asked.destroy();
        return resolve(refusal);
      }
      const parts: Uint8Array[] = [];
      let bytes = 0;
      response.on('data', (part: Uint8Array) => {
        bytes += part.length;
        if (bytes <= bytesMax) return parts.push(part);
        asked.destroy();
        return resolve(fail(problem('integrity', `it answered more than ${bytesMax} bytes`)));
      });
      response.on('error', lost);
      response.on('end', () => resolve(ok(new Uint8Array(Buffer.concat(parts)))));
    });
    asked.on('error', lost);
    asked.end(query);
  });
}

function refusalOf({ statusCode = 0, headers }: IncomingMessage): Result<never> | null {
  const type = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (statusCode !== 200) {
    const isPassing = statusCode >= 500 || PASSING.includes(statusCode);
    return fail(problem(isPassing ? 'unavailable' : 'refused', `it answered ${statusCode}`));
  }
  if (type === REPLY_TYPE) return null;
  return fail(problem('integrity', `it answered ${type || 'no type'}, not ${REPLY_TYPE}`));
}
