import type { Knobs } from './knobs.ts';

const TICK_MS = 100;

/** Memory that is never given back. Filled, since the kernel counts only pages that were touched. */
export class Leak {
  private readonly held: Buffer[] = [];
  private timer: NodeJS.Timeout | null = null;
  private bytesPerRequest = 0;

  change(leak: Knobs['leak']): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    this.bytesPerRequest = leak?.per === 'request' ? leak.bytes : 0;
    if (leak?.per !== 'second') return;
    let lastMs = performance.now();
    this.timer = setInterval(() => {
      const nowMs = performance.now();
      this.hold(Math.round((leak.bytes * (nowMs - lastMs)) / 1_000));
      lastMs = nowMs;
    }, TICK_MS);
    this.timer.unref();
  }

  request(): void {
    if (this.bytesPerRequest > 0) this.hold(this.bytesPerRequest);
  }

  private hold(bytes: number): void {
    this.held.push(Buffer.alloc(bytes, 1));
  }
}
