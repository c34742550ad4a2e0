import type { Clock } from '../../src/engine/ports.ts';

/** Virtual time: it stands still until somebody moves it. `now` may be made to jump. */
export class VirtualClock implements Clock {
  private elapsedMs = 0;
  private offsetMs: number;

  constructor(startMs: number) {
    this.offsetMs = startMs;
  }

  now(): number {
    return this.offsetMs + this.elapsedMs;
  }

  monotonic(): number {
    return this.elapsedMs;
  }

  sleep(ms: number): Promise<void> {
    this.elapsedMs += ms;
    return Promise.resolve();
  }

  advance(ms: number): void {
    this.elapsedMs += ms;
  }

  /** The wall clock is set: `now` moves, elapsed time does not. */
  jump(ms: number): void {
    this.offsetMs += ms;
  }
}
