import { Agent } from 'node:http';
import { Pool } from 'undici';
import type { Limits } from '../protocol/service.ts';
import type { TrackPlace } from '../protocol/splitter.ts';

/**
 * One process behind a track, and the connections to it. It outlives the track's name: an adopted
 * candidate keeps its connections, and what is open on an instance that left goes on to its end.
 */
export class Upstream {
  readonly place: TrackPlace;
  readonly pool: Pool;
  /** For what the pool does not carry: upgrades, 100-continue, request trailers. */
  readonly agent: Agent;
  private openNow = 0;
  private whenIdle: (() => void)[] = [];

  constructor(place: TrackPlace, limits: Limits) {
    this.place = place;
    const host = place.host.includes(':') ? `[${place.host}]` : place.host;
    this.pool = new Pool(`http://${host}:${place.port}`, {
      pipelining: 1,
      connectTimeout: limits.connectMs,
      headersTimeout: limits.answerMs,
      bodyTimeout: limits.streamIdleMs,
      maxHeaderSize: 65_536,
      // A length that lies is the client's or the track's fault and must not pass.
      strictContentLength: true,
    });
    this.agent = new Agent({ keepAlive: false });
  }

  get open(): number {
    return this.openNow;
  }

  enter(): void {
    this.openNow += 1;
  }

  leave(): void {
    this.openNow -= 1;
    if (this.openNow > 0) return;
    for (const tell of this.whenIdle.splice(0)) tell();
  }

  /** Resolves when nothing is open here, or after `limitMs`. */
  idle(limitMs: number): Promise<void> {
    if (this.openNow === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.whenIdle.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Closes the connections once they are idle; nothing new is sent here. */
  async retire(): Promise<void> {
    this.agent.destroy();
    await this.pool.close();
  }
}
