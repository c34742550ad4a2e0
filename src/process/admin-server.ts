import { chmodSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { type Problem, problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';

/** Takes what was sent, already JSON; answers with a value or a problem. */
export type AdminRoute = (body: unknown, query: URLSearchParams) => Promise<Result<unknown>>;

export interface AdminServer {
  close(): Promise<void>;
}

const BODY_BYTES_MAX = 1_048_576;

/**
 * HTTP with JSON over a unix socket that only its owner may open. `routes` by `METHOD /path`. An
 * answer is `{value}` or `{problem}`. The caller holds the lock that makes it the only server at
 * `path`: what lies there from an earlier one is removed.
 */
export async function serveAdmin(
  path: string,
  routes: Readonly<Record<string, AdminRoute>>,
): Promise<Result<AdminServer>> {
  const server = createServer({ keepAliveTimeout: 1_000 }, (request, response) => {
    void answer(routes, request).then(
      (result) => send(response, result),
      (error: unknown) => send(response, fail(problem('unavailable', `a bug: ${String(error)}`))),
    );
  });
  rmSync(path, { force: true });
  // The folder is closed before the socket is there, so that nobody slips in before the chmod.
  chmodSync(dirname(path), 0o700);
  const listening = await new Promise<Error | null>((resolve) => {
    server.once('error', resolve);
    server.listen(path, () => resolve(null));
  });
  if (listening !== null) return fail(problem('unavailable', `${path}: ${listening.message}`));
  chmodSync(path, 0o600);
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeIdleConnections();
    });
  return ok({ close });
}

async function answer(
  routes: Readonly<Record<string, AdminRoute>>,
  request: IncomingMessage,
): Promise<Result<unknown>> {
  const url = new URL(request.url ?? '/', 'http://admin');
  const key = `${request.method} ${url.pathname}`;
  const route = Object.hasOwn(routes, key) ? routes[key] : undefined;
  if (route === undefined) return fail(problem('not-found', `there is no ${key}`));
  const body = await readJson(request);
  return body.ok ? await route(body.value, url.searchParams) : body;
}

async function readJson(request: IncomingMessage): Promise<Result<unknown>> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += part.length;
    if (bytes > BODY_BYTES_MAX) return fail(problem('usage', 'the request is too large'));
    parts.push(part);
  }
  if (bytes === 0) return ok(null);
  try {
    return ok(JSON.parse(Buffer.concat(parts).toString('utf8')));
  } catch {
    return fail(problem('usage', 'the request is not JSON'));
  }
}

const STATUS: Readonly<Partial<Record<Problem['code'], number>>> = {
  usage: 400,
  'not-found': 404,
  conflict: 409,
  refused: 409,
  'not-allowed': 403,
};

function send(response: ServerResponse, result: Result<unknown>): void {
  const status = result.ok ? 200 : (STATUS[result.problem.code] ?? 503);
  const body = result.ok ? { value: result.value } : { problem: result.problem };
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
