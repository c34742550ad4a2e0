import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { answerProblem, type ProxyProblem } from './answer-problem.ts';
import { flatHeaders, headerPairs, knownLength, responseHeaders } from './headers.ts';
import type { MirrorCopy } from './mirror.ts';
import { hasBody, type Target } from './request-target.ts';
import type { Tally } from './tally.ts';

const ONE_WRITE_BYTES_MAX = 16_384;

type Controller = Dispatcher.DispatchController;

/**
 * One request and its answer, by the pool of its track. It ends once: with the answer's last byte,
 * with the track's failure, or with the client's going away; then it is counted.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  private readonly tally: Tally;
  private readonly request: IncomingMessage;
  private readonly response: ServerResponse;
  private readonly target: Target;
  private readonly idleMs: number;
  private readonly mirror: MirrorCopy | null;
  private controller: Controller | null = null;
  /** The request is on a connection: from here on it may have reached the track. */
  private isSent = false;
  private isClientGone = false;
  /** Content-Length of the answer; null: it has none. */
  private length: number | null = null;
  /** The whole body, where it came in one small piece: head and body are then one write. */
  private whole: string | null = null;

  /** `idleMs`: how long a client may neither send nor take what is due. */
  constructor(
    tally: Tally,
    target: Target,
    request: IncomingMessage,
    response: ServerResponse,
    idleMs: number,
    mirror: MirrorCopy | null,
  ) {
    this.tally = tally;
    this.target = target;
    this.request = request;
    this.response = response;
    this.idleMs = idleMs;
    this.mirror = mirror;
    response.on('close', () => this.clientClosed());
  }

  start(): void {
    const upstream = this.tally.enter();
    if (upstream === null) return this.unreached();
    const isBody = hasBody(this.request);
    if (isBody) this.watchBody();
    const { path, head } = this.target;
    const method = (this.request.method ?? 'GET') as Dispatcher.HttpMethod;
    const body = isBody ? this.request : null;
    try {
      upstream.pool.dispatch({ path, method, headers: head.headers, body }, this);
    } catch {
      this.fail('bad-request');
    }
  }

  onRequestStart(controller: Controller): void {
    this.isSent = true;
    this.controller = controller;
    if (this.isClientGone) controller.abort(new Error('the client has gone'));
  }

  onBodySent(chunk: Uint8Array): void {
    this.tally.bytes('bytesIn', chunk.length);
    this.mirror?.take(chunk);
  }

  onRequestSent(): void {
    this.mirror?.send();
  }

  onResponseStart(controller: Controller, status: number): void {
    const raw = flatHeaders(controller.rawHeaders);
    const { response } = this;
    if (status === 103) response.writeEarlyHints(headerPairs(raw));
    if (status === 102) response.writeProcessing();
    if (status < 200) return;
    const { setCookie } = this.tally.answered(status);
    const headers = responseHeaders(raw);
    if (setCookie !== null) headers.push('Set-Cookie', setCookie);
    response.writeHead(status, headers);
    // A stream's head goes at once; an answer of known length goes with its first bytes.
    this.length = knownLength(raw);
    if (this.length === null) response.flushHeaders();
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    const { response, idleMs } = this;
    this.tally.bytes('bytesOut', chunk.length);
    if (chunk.length === this.length && chunk.length <= ONE_WRITE_BYTES_MAX) {
      this.whole = chunk.toString('latin1');
      return;
    }
    if (response.write(chunk)) return;
    controller.pause();
    response.setTimeout(idleMs, () => response.destroy());
    response.once('drain', () => {
      response.setTimeout(0);
      controller.resume();
    });
  }

  onResponseEnd(controller: Controller): void {
    const trailers = flatHeaders(controller.rawTrailers);
    if (trailers.length > 0 && this.target.head.wantsTrailers) {
      this.response.addTrailers(headerPairs(trailers));
    }
    this.tally.finish(null, false);
    if (this.whole === null) this.response.end();
    else this.response.end(this.whole, 'latin1');
  }

  onResponseError(_: Controller, { code }: Error & { code?: string }): void {
    const { tally } = this;
    if (tally.isDone) return;
    if (this.isClientGone) return tally.finish(null, true);
    if (tally.status !== null) {
      // The answer has begun: all that can still be said is that it is not whole.
      tally.finish('truncated', false);
      this.response.destroy();
      return;
    }
    if (!this.isSent && !isRequestFault(code)) return this.unreached();
    if (code === 'UND_ERR_HEADERS_TIMEOUT') return this.fail('timeout');
    this.fail(isRequestFault(code) ? 'bad-request' : 'broken');
  }

  private unreached(): void {
    if (!this.isClientGone && this.tally.retryOnStable()) this.start();
    else this.fail('connect');
  }

  private fail(why: ProxyProblem): void {
    if (why === 'connect' || why === 'timeout') this.tally.finish(why, false);
    else if (why === 'broken') this.tally.finish('truncated', false);
    else this.tally.finish(null, true);
    answerProblem(this.request, this.response, why);
  }

  /** Only while a body is under way: an answer may take its time. */
  private watchBody(): void {
    const { request, idleMs } = this;
    request.setTimeout(idleMs, () => {
      if (request.complete) return;
      this.tally.finish(null, true);
      this.controller?.abort(new Error('the client stopped sending'));
      answerProblem(request, this.response, 'slow-body');
    });
    request.once('end', () => request.setTimeout(0));
  }

  private clientClosed(): void {
    if (this.tally.isDone) return;
    this.isClientGone = true;
    this.controller?.abort(new Error('the client has gone'));
  }
}

const REQUEST_FAULTS: ReadonlySet<string> = new Set([
  'UND_ERR_INVALID_ARG',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_NOT_SUPPORTED',
]);

function isRequestFault(code: string | undefined): boolean {
  return code !== undefined && REQUEST_FAULTS.has(code);
}
