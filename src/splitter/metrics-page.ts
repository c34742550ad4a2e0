import { createServer, type Server } from 'node:http';
import { Counter, Gauge, Registry } from 'prom-client';
import { LATENCY_EDGES_MS } from '../protocol/splitter.ts';
import type { Track } from './assigner.ts';
import { type Plane, TRACKS } from './plane.ts';
import type { Totals } from './totals.ts';
import type { SUMS } from './track-meter.ts';

const HELP: Readonly<Record<(typeof SUMS)[number], string>> = {
  requests: 'Requests assigned by weight whose outcome is known',
  connectErrors: 'Requests that did not reach the track',
  timeouts: 'Requests that the track did not answer in time',
  serverErrors: 'Answers with a status of 500 or above',
  truncated: 'Answers that broke off',
  clientErrors: 'Answers with a status of 400 to 499',
  aborts: 'Requests that the client gave up',
  byRule: 'Requests sent to the track by a rule',
  mirrored: 'Copies of requests to stable',
  retried: 'Requests sent again to stable',
  stickyAssigned: 'Clients that were given this track',
  bytesIn: 'Bytes of request bodies',
  bytesOut: 'Bytes of answers',
};

/** `/metrics` of the splitter: a server of its own on loopback, never on the service's door. */
export function metricsServer(plane: Plane, totals: Totals): Server {
  const registry = new Registry();
  for (const [key, help] of Object.entries(HELP) as [keyof typeof HELP, string][]) {
    const name = `aurora_splitter_${snakeCase(key)}_total`;
    const counter = new Counter({ name, help, labelNames: ['track'], registers: [registry] });
    Object.assign(counter, {
      collect: () => {
        counter.reset();
        for (const track of TRACKS) counter.inc({ track }, totals.tracks[track][key]);
      },
    });
  }
  gauge(registry, 'aurora_splitter_weight_percent', 'Intended share of requests', (track) => {
    const { weights, baselinePct } = plane.orders;
    const own = { ...weights, stable: weights.stable - baselinePct, baseline: baselinePct };
    return own[track];
  });
  gauge(registry, 'aurora_splitter_open', 'Requests and streams open now', (track) => {
    return plane.upstream(track)?.open ?? 0;
  });
  gauge(registry, 'aurora_splitter_up', 'Whether the track is up', (track) => {
    return plane.upstream(track)?.place.up === true ? 1 : 0;
  });
  registry.registerMetric(latencyHistogram(totals) as unknown as Gauge);
  return createServer((request, response) => {
    if (request.url !== '/metrics') return void response.writeHead(404).end();
    void registry.metrics().then((text) => {
      response.writeHead(200, { 'Content-Type': registry.contentType }).end(text);
    });
  });
}

function gauge(
  registry: Registry,
  name: string,
  help: string,
  read: (track: Track) => number,
): void {
  const metric = new Gauge({ name, help, labelNames: ['track'], registers: [registry] });
  Object.assign(metric, {
    collect: () => {
      for (const track of TRACKS) metric.set({ track }, read(track));
    },
  });
}

/** The library's own histogram counts by itself; this one shows what was counted already. */
function latencyHistogram(totals: Totals): object {
  const name = 'aurora_splitter_latency_milliseconds';
  const help = 'Time to the head of the answer';
  const get = (): Promise<object> => {
    const values = TRACKS.flatMap((track) => {
      let sum = 0;
      const buckets = totals.tracks[track].latency.map((count, index) => {
        sum += count;
        const le = LATENCY_EDGES_MS[index] ?? '+Inf';
        return { metricName: `${name}_bucket`, labels: { le, track }, value: sum };
      });
      return [...buckets, { metricName: `${name}_count`, labels: { track }, value: sum }];
    });
    return Promise.resolve({ name, help, type: 'histogram', values, aggregator: 'sum' });
  };
  return { name, help, type: 'histogram', get, reset: () => {} };
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
