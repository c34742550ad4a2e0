import type { Counter, Gauge, Histogram } from 'prom-client';
import type { Controller, PastPromotion } from '../app-controller.ts';
import { ok, type Result } from '../base/result.ts';

type Past = Controller['past'];

interface OutcomeMetrics {
  outcomes: Counter<'service' | 'outcome'>;
  rehearsals: Counter<'service'>;
  failureRatio: Gauge;
  detect: Histogram<'service'>;
  exposed: Counter<'service'>;
  exposedBad: Counter<'service'>;
}

const AT_ONCE = 8;

/**
 * Counts what became of promotions, each once, in the order of the ledger. There is one way to
 * learn of an end, whether it came before this controller or under it.
 */
export class PastTally {
  private readonly past: Past;
  private readonly metrics: OutcomeMetrics;
  private lastLeaf = -1;
  private ended = 0;
  private rolledBack = 0;
  private reading: Promise<Result<void>> | null = null;

  constructor(past: Past, metrics: OutcomeMetrics) {
    this.past = past;
    this.metrics = metrics;
    // Before the first end there is no ratio, and 0 would be one.
    metrics.failureRatio.remove();
  }

  /** All that ended before now is counted when this resolves. */
  catchUp(): Promise<Result<void>> {
    this.reading ??= this.read().finally(() => {
      this.reading = null;
    });
    return this.reading;
  }

  private async read(): Promise<Result<void>> {
    for (;;) {
      const page = this.past.endedAfter(this.lastLeaf, AT_ONCE);
      if (!page.ok) return page;
      for (const one of page.value) {
        const counted = this.count(one);
        if (!counted.ok) return counted;
        this.lastLeaf = one.leafIndex;
        // A week of rows takes a moment to add up: the controller's own work goes first.
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (page.value.length < AT_ONCE) return ok(undefined);
    }
  }

  /** Everything is read before anything is counted: what fails is tried again, and counts once. */
  private count(past: PastPromotion): Result<void> {
    const { state } = past;
    const { service, rehearsal, outcome, back } = state;
    if (outcome === null) return ok(undefined);
    if (rehearsal) {
      this.metrics.rehearsals.inc({ service });
      return ok(undefined);
    }
    if (outcome.kind === 'rolled-back') {
      const share = this.past.share(state.promotion);
      if (!share.ok) return share;
      const exposure = this.past.exposure(past);
      if (!exposure.ok) return exposure;
      const { firstAtMs } = share.value;
      if (firstAtMs !== null && back !== null) {
        this.metrics.detect.observe({ service }, Math.max(0, back.sinceMs - firstAtMs) / 1_000);
      }
      this.metrics.exposed.inc({ service }, exposure.value.requests);
      if (exposure.value.bad !== null) this.metrics.exposedBad.inc({ service }, exposure.value.bad);
      this.rolledBack += 1;
    }
    this.ended += 1;
    this.metrics.outcomes.inc({ service, outcome: outcome.kind });
    this.metrics.failureRatio.set(this.rolledBack / this.ended);
    return ok(undefined);
  }
}
