/** Lateness beyond this is not made up for: a burst would measure the generator, not the service. */
const BEHIND_MS = 1_000;

/** An open loop: how many requests are due, whatever became of the earlier ones. */
export class Pace {
  private readonly ratePerSecond: number;
  private fromMs: number;
  private taken = 0;

  constructor(ratePerSecond: number, nowMs: number) {
    this.ratePerSecond = ratePerSecond;
    this.fromMs = nowMs;
  }

  /** Takes what has become due since the last call; at most a second's worth. */
  take(nowMs: number): number {
    const due = Math.floor(((nowMs - this.fromMs) * this.ratePerSecond) / 1_000) - this.taken;
    const most = Math.max(1, Math.ceil((this.ratePerSecond * BEHIND_MS) / 1_000));
    if (due > most) {
      this.fromMs = nowMs;
      this.taken = 0;
      return most;
    }
    this.taken += due;
    return due;
  }
}
