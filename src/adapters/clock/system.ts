import type { Clock } from '../../engine/ports.ts';

/** setTimeout holds a signed 32-bit number of milliseconds; anything longer fires at once. */
const PIECE_MS = 86_400_000;

/** The machine's own time. `monotonic` stands still while the machine is suspended. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  /** Never rejects; what is not above zero (NaN too) is over at once. */
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const untilMs = performance.now() + ms;
    for (;;) {
      const leftMs = untilMs - performance.now();
      if (!(leftMs > 0) || signal?.aborted) return;
      await piece(Math.min(leftMs, PIECE_MS), signal);
    }
  }
}

function piece(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      // A signal that outlives many sleeps must not gather their listeners.
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, Math.ceil(ms));
    signal?.addEventListener('abort', done);
  });
}
