import {
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
  request,
  type ServerResponse,
} from 'node:http';
import type { Limits } from '../protocol/service.ts';
import { answerProblem, type ProxyProblem } from './answer-problem.ts';
import { responseHeaders } from './headers.ts';
import type { Target } from './request-target.ts';
import type { Tally } from './tally.ts';
import type { Upstream } from './upstream.ts';

export type DirectLimits = Pick<Limits, 'connectMs' | 'answerMs' | 'streamIdleMs'>;

/**
 * What the pool does not carry, on a connection of its own: 100-continue, whose answer decides
 * whether the body is sent at all (RFC 9110, 10.1.1), trailers of a request, and `OPTIONS *`.
 */
export class DirectExchange {
  private readonly tally: Tally;
  private readonly target: Target;
  private readonly request: IncomingMessage;
  private readonly response: ServerResponse;
  private readonly limits: DirectLimits;
  private isSent = false;
  private isTimedOut = false;
  private isClientGone = false;

  constructor(
    tally: Tally,
    target: Target,
    incoming: IncomingMessage,
    response: ServerResponse,
    limits: DirectLimits,
  ) {
    this.tally = tally;
    this.target = target;
    this.request = incoming;
    this.response = response;
    this.limits = limits;
  }

  start(): void {
    const upstream = this.tally.enter();
    if (upstream === null) return this.unreached();
    const asked = request(directRequest(upstream, this.request.method ?? 'GET', this.target));
    this.response.once('close', () => {
      if (this.tally.isDone) return;
      this.isClientGone = true;
      asked.destroy();
    });
    asked.setTimeout(this.limits.connectMs);
    asked.on('timeout', () => {
      this.isTimedOut = true;
      asked.destroy(new Error('time-out'));
    });
    asked.on('socket', (socket) => socket.once('connect', () => this.connected(asked)));
    asked.on('continue', () => this.response.writeContinue());
    asked.on('response', (answer) => this.answer(asked, answer));
    asked.on('error', () => this.broken());
  }

  private connected(asked: ClientRequest): void {
    this.isSent = true;
    asked.setTimeout(this.limits.answerMs);
    const incoming = this.request;
    asked.flushHeaders();
    incoming.on('data', (chunk: Buffer) => this.tally.bytes('bytesIn', chunk.length));
    incoming.on('end', () => {
      for (const [name, value] of Object.entries(incoming.trailers)) {
        if (value !== undefined) asked.addTrailers({ [name]: value });
      }
    });
    incoming.pipe(asked);
  }

  private answer(asked: ClientRequest, answer: IncomingMessage): void {
    const { response, tally } = this;
    asked.setTimeout(this.limits.streamIdleMs);
    const status = answer.statusCode ?? 502;
    const { setCookie } = tally.answered(status);
    const headers = responseHeaders(answer.rawHeaders);
    if (setCookie !== null) headers.push('Set-Cookie', setCookie);
    // A body that the client kept back is still to come on its connection: it can't be used again.
    if (!this.request.complete) headers.push('Connection', 'close');
    response.writeHead(status, headers);
    answer.on('data', (chunk: Buffer) => tally.bytes('bytesOut', chunk.length));
    answer.on('error', () => this.broken());
    answer.on('end', () => {
      if (this.target.head.wantsTrailers) {
        for (const [name, value] of Object.entries(answer.trailers)) {
          if (value !== undefined) response.addTrailers({ [name]: value });
        }
      }
      tally.finish(null, false);
      response.end();
      asked.destroy();
    });
    answer.pipe(response, { end: false });
  }

  private broken(): void {
    const { tally } = this;
    if (tally.isDone) return;
    if (this.isClientGone) return tally.finish(null, true);
    if (tally.status !== null) {
      tally.finish('truncated', false);
      this.response.destroy();
      return;
    }
    if (this.isSent) this.fail(this.isTimedOut ? 'timeout' : 'broken');
    else this.unreached();
  }

  private unreached(): void {
    if (!this.isClientGone && this.tally.retryOnStable()) this.start();
    else this.fail('connect');
  }

  private fail(why: ProxyProblem): void {
    this.tally.finish(why === 'connect' || why === 'timeout' ? why : 'truncated', false);
    answerProblem(this.request, this.response, why);
  }
}

/** Options of `http.request` for a connection that carries this request and nothing after it. */
export function directRequest(
  upstream: Upstream,
  method: string,
  { path, head }: Target,
): RequestOptions {
  const { host, port } = upstream.place;
  return { agent: upstream.agent, host, port, method, path, headers: head.headers, setHost: false };
}
