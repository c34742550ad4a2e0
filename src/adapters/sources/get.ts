import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { fail, ok, type Result } from '../../base/result.ts';
import { redact } from './redact.ts';

export interface Got {
  status: number;
  body: Uint8Array;
  /** From asking to the end of the answer. */
  latencyMs: number;
  /** What the server says of when to ask again; null: nothing. */
  retryAfter: string | null;
}

export interface NotGot {
  reason: string;
  /** The connection failed: the same may go well when it is asked again. */
  isLost: boolean;
}

export interface GetLimits {
  deadlineMs: number;
  bytesMax: number;
  accept: string;
  /** Sent beside the usual ones. What they say is never told: they may hold a secret. */
  headers?: Readonly<Record<string, string>>;
}

/**
 * One GET with a deadline over everything, of at most so many bytes, on a connection of its own.
 * node:http rather than fetch: that one refuses some ports and unpacks bodies of any size. A redirect
 * is not followed: what it leads to is not what was named.
 */
export function get(url: string, limits: GetLimits): Promise<Result<Got, NotGot>> {
  const target = targetOf(url);
  const refused = (reason: string) => fail({ reason, isLost: false });
  if (target === null) return Promise.resolve(refused('it is not an http or https URL'));
  const { deadlineMs, bytesMax, accept } = limits;
  const startedMs = performance.now();
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(deadlineMs);
    const lost = (error: Error): void => {
      if (signal.aborted) return resolve(refused(`no whole answer within ${deadlineMs} ms`));
      resolve(fail({ reason: redact(error.message || String(error)), isLost: true }));
    };
    const headers = { accept, 'user-agent': 'aurora', ...limits.headers };
    const options = { agent: false, signal, headers };
    const request = target.protocol === 'https:' ? requestHttps : requestHttp;
    const asked = request(target, options, (response) => {
      const moved = redirectOf(response, target);
      if (moved !== null) {
        asked.destroy();
        return resolve(refused(`it redirects to ${moved}, which is not followed`));
      }
      const parts: Uint8Array[] = [];
      let bytes = 0;
      response.on('data', (part: Uint8Array) => {
        bytes += part.length;
        if (bytes <= bytesMax) return parts.push(part);
        asked.destroy();
        return resolve(refused(`it answered more than ${bytesMax} bytes`));
      });
      response.on('error', lost);
      response.on('end', () => {
        const latencyMs = performance.now() - startedMs;
        const body = Buffer.concat(parts);
        const retryAfter = response.headers['retry-after'] ?? null;
        resolve(ok({ status: response.statusCode ?? 0, body, latencyMs, retryAfter }));
      });
    });
    asked.on('error', lost);
    asked.end();
  });
}

function targetOf(url: string): URL | null {
  try {
    const target = new URL(url);
    return /^https?:$/.test(target.protocol) ? target : null;
  } catch {
    return null;
  }
}

function redirectOf({ statusCode, headers }: IncomingMessage, base: URL): string | null {
  const { location } = headers;
  if (statusCode === undefined || statusCode < 300 || statusCode > 399) return null;
  if (location === undefined) return null;
  return URL.canParse(location, base.href) ? redact(new URL(location, base).href) : 'no valid URL';
}
