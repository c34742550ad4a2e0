import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Takes the request that `query` belongs to. A string is what is wrong with the query, answered 400.
 * May reject when the client goes away; nothing is left open then.
 */
export type Answer = (
  request: IncomingMessage,
  response: ServerResponse,
  query: URLSearchParams,
) => Promise<string | null>;

const BYTES_MAX = 2 ** 40;
const CHUNKS_MAX = 10_000_000;
const WAIT_MS_MAX = 3_600_000;
const PIECE = Buffer.from('0123456789abcdef'.repeat(4_096));

/** Sends the request's body back as it comes, and its trailers when it has any. */
export const echo: Answer = async (request, response) => {
  const { trailer, 'content-type': type } = request.headers;
  if (type !== undefined) response.setHeader('content-type', type);
  if (trailer !== undefined) response.setHeader('trailer', trailer);
  response.writeHead(200);
  response.flushHeaders();
  for await (const piece of request) await write(response, piece);
  const names = request.rawTrailers;
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < names.length; i += 2) pairs.push([names[i] ?? '', names[i + 1] ?? '']);
  if (pairs.length > 0) response.addTrailers(pairs);
  response.end();
  return null;
};

/** `chunks` lines, counted from 0, one each `everyMs`. */
export const stream: Answer = async (request, response, query) => {
  const chunks = whole(query, 'chunks', 10, CHUNKS_MAX);
  const everyMs = whole(query, 'everyMs', 100, WAIT_MS_MAX);
  if (typeof chunks === 'string') return chunks;
  if (typeof everyMs === 'string') return everyMs;
  request.resume();
  response.writeHead(200, { 'content-type': 'text/plain' });
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  for (let i = 0; i < chunks; i += 1) {
    await write(response, `${i}\n`);
    if (everyMs > 0 && i + 1 < chunks) {
      await sleep(everyMs, undefined, { signal: gone.signal });
    }
  }
  response.end();
  return null;
};

export const slow: Answer = async (request, response, query) => {
  const ms = whole(query, 'ms', 1_000, WAIT_MS_MAX);
  if (typeof ms === 'string') return ms;
  request.resume();
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  await sleep(ms, undefined, { signal: gone.signal });
  json(response, 200, { sleptMs: ms });
  return null;
};

/** `n` bytes of a pattern that repeats every 16, at constant memory however slowly they are read. */
export const bytes: Answer = async (request, response, query) => {
  const n = whole(query, 'n', 1_024, BYTES_MAX);
  if (typeof n === 'string') return n;
  request.resume();
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': n });
  for (let sent = 0; sent < n; sent += PIECE.length) {
    await write(response, sent + PIECE.length <= n ? PIECE : PIECE.subarray(0, n - sent));
  }
  response.end();
  return null;
};

export function json(response: ServerResponse, code: number, body: unknown): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(code, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

/** Waits until there is room. Rejects when the client went away. */
function write(response: ServerResponse, piece: Buffer | string): Promise<void> {
  if (response.destroyed) return Promise.reject(new Error('the client is gone'));
  if (response.write(piece)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      response.off('drain', settle);
      response.off('close', settle);
      if (response.destroyed) reject(new Error('the client is gone'));
      else resolve();
    };
    response.on('drain', settle);
    response.on('close', settle);
  });
}

function whole(
  query: URLSearchParams,
  name: string,
  fallback: number,
  max: number,
): number | string {
  const text = query.get(name);
  if (text === null) return fallback;
  const isWhole = /^\d{1,15}$/.test(text) && Number(text) <= max;
  return isWhole ? Number(text) : `${name}=${text}: expected a whole number up to ${max}`;
}
