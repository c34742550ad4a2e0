import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { type LocalAuthority, replyOf } from './local-authority.ts';

export interface AuthorityServer {
  /** `http://127.0.0.1:3161/` */
  url: string;
  /** Ends when no answer is on its way any more. */
  stop(): Promise<void>;
}

const QUERY_BYTES_MAX = 65_536;
const REQUEST_MS_MAX = 10_000;
/** Each answer is a process: more at once would only make all of them late. */
const WAITING_MAX = 64;

/**
 * Answers timestamp queries by HTTP (RFC 3161, section 3.4) on loopback alone: its key is that of this
 * machine's user, and what it stamps is this machine's word. Port 0: a free one. `conflict` where the
 * port is taken.
 */
export function serveAuthority(
  authority: LocalAuthority,
  port: number,
): Promise<Result<AuthorityServer>> {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    waiting += 1;
    const turn = last.then(work).finally(() => {
      waiting -= 1;
    });
    last = turn.catch(() => undefined);
    return turn;
  };
  const server = createServer((request, response) => {
    const refused = refusalOf(request, waiting);
    if (refused !== null) return end(response, refused);
    readBody(request)
      .then((query) => {
        if (query === null) return end(response, 413);
        return inTurn(() => replyOf(authority, query)).then((reply) => {
          if (!reply.ok) return end(response, 500);
          response.writeHead(200, { 'content-type': 'application/timestamp-reply' });
          response.end(reply.value);
        });
      })
      // The asker went away, or broke off in the middle.
      .catch(() => response.destroy());
  });
  server.requestTimeout = REQUEST_MS_MAX;
  server.headersTimeout = REQUEST_MS_MAX;
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE';
      const message = `127.0.0.1:${port}: ${isTaken ? 'another program has it' : error.code}`;
      resolve(fail(problem(isTaken ? 'conflict' : 'unavailable', message)));
    });
    server.listen(port, '127.0.0.1', () => {
      const bound = server.address() as AddressInfo;
      const stop = async (): Promise<void> => {
        const closed = new Promise((done) => server.close(done));
        await last;
        server.closeAllConnections();
        await closed;
      };
      resolve(ok({ url: `http://127.0.0.1:${bound.port}/`, stop }));
    });
  });
}

function refusalOf({ method, headers }: IncomingMessage, waiting: number): number | null {
  if (method !== 'POST') return 405;
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/timestamp-query') return 415;
  return waiting >= WAITING_MAX ? 503 : null;
}

/** null where it is larger than any query. */
async function readBody(request: IncomingMessage): Promise<Uint8Array | null> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Uint8Array>) {
    bytes += part.length;
    if (bytes > QUERY_BYTES_MAX) return null;
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status, { connection: 'close' }).end();
}
