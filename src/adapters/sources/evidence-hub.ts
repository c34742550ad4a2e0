import { unreachable } from '../../base/assert.ts';
import { digestOf } from '../../base/digest.ts';
import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Interval, Measurement, TrackInterval } from '../../core/evidence/interval.ts';
import type { Evidence, EvidenceQuery } from '../../core/gate/check.ts';
import type { EvidenceSource, MeasuredPlan } from '../../engine/ports.ts';
import type { TrackName } from '../../protocol/splitter.ts';
import { commandEvidence } from './command.ts';
import { fileEvidence } from './file.ts';
import { type Found, failed, type SourceDeps } from './found.ts';
import { httpEvidence } from './http.ts';
import type { PooledInterval, PooledTrack } from './pool.ts';
import { prometheusEvidence } from './prometheus.ts';
import { prometheusCredentials } from './prometheus-credentials.ts';
import { PrometheusFollower } from './prometheus-follower.ts';
import { prometheusMetrics } from './prometheus-readings.ts';
import { ScrapeSampler } from './scrape.ts';
import type { ScrapedMetric } from './scrape-measure.ts';
import { splitterFaults, splitterMeasurement } from './splitter.ts';
import { newestNumber, pooledIntervals, poolSize, splitterState } from './splitter-rows.ts';

export interface EvidenceHubOptions {
  /** A folder a service. */
  servicesFolder: string;
  /** Where a plan's relative paths begin and its commands run. */
  workFolder: string;
  now?: () => number;
}

const CHECKS_AT_ONCE = 8;
const REDUCER = 'evidence-hub@1';

/**
 * All sources behind one port. Rows come from the service's splitter. Scraped metrics are added to
 * them, and are absent from those that were closed before the first asking; what a Prometheus knows
 * is added to all of them.
 */
export class EvidenceHub implements EvidenceSource {
  private readonly options: EvidenceHubOptions;
  private readonly deps: SourceDeps;
  private readonly samplers = new Map<string, { key: string; sampler: ScrapeSampler }>();
  private readonly followers = new Map<string, { key: string; follower: PrometheusFollower }>();

  constructor(options: EvidenceHubOptions) {
    this.options = options;
    this.deps = { workFolder: options.workFolder, now: options.now ?? Date.now };
  }

  /** What of a plan can't be measured on its service; to be asked before it begins. */
  faults(plan: MeasuredPlan): readonly Problem[] {
    const size = poolSize(this.options.servicesFolder, plan);
    const { workFolder } = this.options;
    return [
      ...(size.ok ? [] : [size.problem]),
      ...splitterFaults(plan),
      ...secretFaults(plan, workFolder),
    ];
  }

  /** In the plan's intervals, numbered from 0. */
  async newest(plan: MeasuredPlan): Promise<Result<number>> {
    const { servicesFolder } = this.options;
    const size = poolSize(servicesFolder, plan);
    if (!size.ok) return size;
    // A plan that is about to begin: its first interval is then scraped at both ends.
    void this.samplerOf(plan, size.value)?.decided(-1);
    return await newestNumber(servicesFolder, plan.service, size.value);
  }

  async intervals(
    plan: MeasuredPlan,
    afterSeq: number,
    limit: number,
  ): Promise<Result<readonly Interval[]>> {
    const { servicesFolder } = this.options;
    const [fault] = splitterFaults(plan);
    if (fault !== undefined) return fail(fault);
    const size = poolSize(servicesFolder, plan);
    if (!size.ok) return size;
    const span = { afterNumber: afterSeq, limit };
    const pooled = await pooledIntervals(servicesFolder, plan.service, size.value, span);
    if (!pooled.ok) return pooled;
    const sampler = this.samplerOf(plan, size.value);
    const last = pooled.value.at(-1)?.number ?? -1;
    // A row may not be answered without a scrape that is still on its way: it is read only once.
    const scraped = sampler === null ? last : await sampler.decided(last);
    if (last === -1) return await this.beyond(plan.service, size.value, afterSeq);
    const follower = this.followerOf(plan);
    const decided = follower === null ? last : await follower.decided(pooled.value, afterSeq);
    const known = pooled.value.filter(({ number }) => number <= Math.min(scraped, decided));
    return ok(known.map((one) => intervalOf(plan, { sampler, follower }, one)));
  }

  async collect(
    service: string,
    checks: readonly { check: string; query: EvidenceQuery }[],
  ): Promise<readonly Evidence[]> {
    const found: Evidence[] = new Array(checks.length);
    const entries = checks.entries();
    // All workers take from one iterator, so each check is asked for once.
    const work = async (): Promise<void> => {
      for (const [index, { check, query }] of entries) {
        found[index] = { check, ...(await this.find(service, query)) };
      }
    };
    await Promise.all(Array.from({ length: CHECKS_AT_ONCE }, work));
    return found;
  }

  /** Why metrics of a service were absent of late, for a person. */
  metricProblems(service: string): readonly string[] {
    const scraped = this.samplers.get(service)?.sampler.problems ?? [];
    return [...scraped, ...(this.followers.get(service)?.follower.problems ?? [])];
  }

  /** Ends all sampling. */
  close(): void {
    for (const { sampler } of this.samplers.values()) sampler.close();
    this.samplers.clear();
    this.followers.clear();
  }

  /** A source that throws could not look, whatever its reason. */
  private async find(service: string, query: EvidenceQuery): Promise<Found> {
    try {
      return await this.ask(service, query);
    } catch (error) {
      const what = error instanceof Error ? error.name : 'an unknown error';
      return failed(REDUCER, `the ${query.source} source broke down: ${what}`);
    }
  }

  private async ask(service: string, query: EvidenceQuery): Promise<Found> {
    switch (query.source) {
      case 'http':
        return await httpEvidence(query, this.deps);
      case 'command':
        return await commandEvidence(query, this.deps);
      case 'file':
        return await fileEvidence(query, this.deps);
      case 'prometheus':
        return await prometheusEvidence(query, this.deps);
      case 'sessions':
        return failed(REDUCER, 'this source is not available yet');
      case 'metric':
      case 'incidents':
      case 'judge':
        return failed(REDUCER, `${query.source} is known to the promotion, not to ${service}`);
      default:
        return unreachable(query);
    }
  }

  /** Nothing came. Numbers below the one that is held mean that the splitter lost its rows. */
  private async beyond(service: string, size: number, afterSeq: number): Promise<Result<never[]>> {
    const newest = await newestNumber(this.options.servicesFolder, service, size);
    if (!newest.ok) return newest;
    if (afterSeq <= newest.value) return ok([]);
    const message = `the newest interval of ${service} is ${newest.value}, and ${afterSeq} was read already`;
    const hint = 'the splitter lost rows: what it counts is read again once it is past that number';
    return fail(problem('unavailable', message, hint));
  }

  /** One a service, as below. null: nothing of it is asked of a Prometheus. */
  private followerOf({ service, intervalMs, ...plan }: MeasuredPlan): PrometheusFollower | null {
    const metrics = prometheusMetrics(plan.measurements, plan.metrics);
    if (metrics.length === 0) return null;
    const key = digestOf({ metrics, intervalMs });
    const known = this.followers.get(service);
    if (known?.key === key) return known.follower;
    const { workFolder, now } = this.deps;
    const follower = new PrometheusFollower({ metrics, intervalMs, workFolder, now });
    this.followers.set(service, { key, follower });
    return follower;
  }

  /** One a service: the plan of its promotion. null: nothing of it is scraped. */
  private samplerOf(plan: MeasuredPlan, size: number): ScrapeSampler | null {
    const { service, intervalMs } = plan;
    const metrics = scrapedMetrics(plan);
    if (metrics.length === 0) return null;
    const key = digestOf({ metrics, intervalMs, size });
    const known = this.samplers.get(service);
    if (known?.key === key) return known.sampler;
    known?.sampler.close();
    const state = () => splitterState(this.options.servicesFolder, service);
    const sampler = new ScrapeSampler({ metrics, intervalMs, size, state });
    this.samplers.set(service, { key, sampler });
    return sampler;
  }
}

/** A server that is down now may be up when it is asked; a secret that others may read is out. */
function secretFaults(plan: MeasuredPlan, workFolder: string): Problem[] {
  const servers = new Map(
    plan.measurements.flatMap(({ from }) =>
      from.source === 'prometheus' ? [[digestOf(from.server), from.server]] : [],
    ),
  );
  return [...servers.values()].flatMap((server) => {
    const read = prometheusCredentials(server, workFolder);
    return read.ok ? [] : [problem('not-allowed', `credentials of Prometheus: ${read.problem}`)];
  });
}

interface Samplers {
  sampler: ScrapeSampler | null;
  follower: PrometheusFollower | null;
}

function scrapedMetrics(plan: MeasuredPlan): ScrapedMetric[] {
  return plan.measurements.flatMap(({ metric: name, from }) => {
    const metric = plan.metrics.find((one) => one.name === name);
    if (from.source !== 'scrape' || metric === undefined) return [];
    return [{ metric, series: from.series }];
  });
}

function intervalOf(
  plan: MeasuredPlan,
  { sampler, follower }: Samplers,
  pooled: PooledInterval,
): Interval {
  const { number: seq, startMs, endMs, candidatePct } = pooled;
  const track = (name: TrackName): TrackInterval | null => {
    const counts = pooled[name] ?? null;
    if (counts === null) return null;
    const { up, requests, instance } = counts;
    const scraped = instance === null ? {} : sampler?.measurements(seq, name, instance);
    const asked = name === 'baseline' ? {} : follower?.measurements(seq, name);
    return { up, requests, metrics: { ...splitterMetrics(plan, counts), ...scraped, ...asked } };
  };
  return {
    seq,
    startMs,
    endMs,
    candidatePct,
    stable: track('stable'),
    candidate: track('candidate'),
    ...(pooled.baseline === undefined ? {} : { baseline: track('baseline') }),
  };
}

function splitterMetrics(plan: MeasuredPlan, counts: PooledTrack): Record<string, Measurement> {
  const found: Record<string, Measurement> = {};
  for (const { metric: name, from } of plan.measurements) {
    const metric = plan.metrics.find((one) => one.name === name);
    if (from.source !== 'splitter' || metric === undefined) continue;
    found[name] = splitterMeasurement(metric, from.measure, counts);
  }
  return found;
}
