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

  /** Sent at once where there is no body, else with what the exchange hands over; null: no copy. */
  copy(request: IncomingMessage, target: Target): MirrorCopy | null {
    const upstream = this.plane.upstream('candidate');
    if (upstream === null || !this.share.next(this.plane.traffic.mirrorPct)) return null;
    const { path, head } = target;
    const method = (request.method ?? 'GET') as Dispatcher.HttpMethod;
    // The candidate is told, so that it need not charge a card a second time.
    const headers = [...head.headers, 'Aurora-Mirror', '1'];
    const send = (body: Buffer | null): void => {
      const handler = new MirrorHandler((outcome) => {
        upstream.leave();
        const meter = this.plane.meters.candidate;
        meter.count('mirrored');
        meter.done(outcome);
      });
      upstream.enter();
      upstream.pool.dispatch({ path, method, headers, body }, handler);
    };
    if (hasBody(request)) return new MirrorCopy(send);
    send(null);
    return null;
  }
}

/** The body of a copy, gathered from what was sent to stable. */
export class MirrorCopy {
  private readonly dispatch: (body: Buffer) => void;
  private parts: Buffer[] = [];
  private bytes = 0;

  constructor(dispatch: (body: Buffer) => void) {
    this.dispatch = dispatch;
  }

  take(part: Uint8Array): void {
    this.bytes += part.length;
    if (this.bytes <= BODY_BYTES_MAX) this.parts.push(Buffer.from(part));
    else this.parts = [];
  }

  send(): void {
    if (this.bytes <= BODY_BYTES_MAX) this.dispatch(Buffer.concat(this.parts));
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
