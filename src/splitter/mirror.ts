import type { IncomingMessage } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Prng } from '../base/prng.ts';
import type { Plane } from './plane.ts';
import { hasBody, type Target } from './request-target.ts';
import { Share } from './share.ts';
import type { Outcome } from './track-meter.ts';

/** Larger bodies are not copied: a mirror must not hold the memory of a thousand uploads. */
const BODY_BYTES_MAX = 65_536;

/**
 * Sends a share of stable's requests to the candidate too, and throws its answers away. They are
 * measured as the candidate's requests. The client never waits for it.
 */
export class Mirror {
  private readonly plane: Plane;
  private readonly share: Share;

  constructor(plane: Plane, random: Prng) {
    this.plane = plane;
    this.share = new Share(random);
  }

  copy(request: IncomingMessage, target: Target): void {
    const upstream = this.plane.upstream('candidate');
    if (upstream === null || !this.share.next(this.plane.traffic.mirrorPct)) return;
    const { path, head } = target;
    const method = (request.method ?? 'GET') as Dispatcher.HttpMethod;
    // The candidate is told, so that it need not charge a card a second time.
    const headers = [...head.headers, 'Aurora-Mirror', '1'];
    const send = (body: Buffer | null): void => {
      const copy = new MirrorHandler((outcome) => {
        upstream.leave();
        const meter = this.plane.meters.candidate;
        meter.count('mirrored');
        meter.done(outcome);
      });
      upstream.enter();
      upstream.pool.dispatch({ path, method, headers, body }, copy);
    };
    if (!hasBody(request)) return send(null);
    const parts: Buffer[] = [];
    let bytes = 0;
    request.on('data', (part: Buffer) => {
      bytes += part.length;
      if (bytes <= BODY_BYTES_MAX) parts.push(part);
      else parts.length = 0;
    });
    request.on('end', () => {
      if (bytes <= BODY_BYTES_MAX) send(Buffer.concat(parts));
    });
  }
}

class MirrorHandler implements Dispatcher.DispatchHandler {
  private readonly done: (outcome: Outcome) => void;
  private readonly startedMs = performance.now();
  private status: number | null = null;
  private latencyMs: number | null = null;
  private isSent = false;

  constructor(done: (outcome: Outcome) => void) {
    this.done = done;
  }

  onRequestStart(): void {
    this.isSent = true;
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number): void {
    if (status < 200) return;
    this.status = status;
    this.latencyMs = performance.now() - this.startedMs;
  }

  onResponseData(): void {}

  onResponseEnd(): void {
    const { status, latencyMs } = this;
    this.done({ status, latencyMs, failure: null, aborted: false });
  }

  onResponseError(_: Dispatcher.DispatchController, { code }: Error & { code?: string }): void {
    const { status, latencyMs, isSent } = this;
    const late = code === 'UND_ERR_HEADERS_TIMEOUT';
    const failure = !isSent ? 'connect' : late ? 'timeout' : 'truncated';
    this.done({ status, latencyMs, failure, aborted: false });
  }
}
