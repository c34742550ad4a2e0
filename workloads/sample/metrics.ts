import { Counter, Gauge, Histogram, Registry } from 'prom-client';

const BUCKETS_MS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];

/** What this service says of itself on /metrics: the requests it answered, and its memory. */
export class Metrics {
  private readonly registry = new Registry();
  private readonly requests = new Counter({
    name: 'sample_requests_total',
    help: 'Requests answered, by status code; those to probes are left out.',
    labelNames: ['code'],
    registers: [this.registry],
  });
  private readonly durations = new Histogram({
    name: 'sample_request_duration_ms',
    help: 'Milliseconds from a request to the end of its answer.',
    buckets: BUCKETS_MS,
    registers: [this.registry],
  });

  constructor() {
    new Gauge({
      name: 'process_resident_memory_bytes',
      help: 'Resident memory of the process.',
      registers: [this.registry],
      collect() {
        this.set(process.memoryUsage.rss());
      },
    });
  }

  answered(code: number, tookMs: number): void {
    this.requests.inc({ code: String(code) });
    this.durations.observe(tookMs);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }
}
