import type { Versions } from './tools.ts';

export interface CpuRow {
  name: string;
  /** Medians over the rounds. */
  cpuUsPerRequest: number;
  requestsPerSecond: number;
  /** Share of the core that it used. */
  coreShare: number;
  /** HAProxy's processor time a request over its own, median of the rounds' own ratios; null: HAProxy. */
  efficiency: { median: number; min: number; max: number } | null;
}

export interface LatencyRow {
  name: string;
  p50Ms: number;
  p99Ms: number;
  /** Of all rounds. */
  slowestMs: number;
  /** Above direct. null: direct. */
  added: { p50Ms: number; p99Ms: number } | null;
}

export interface Bar {
  name: string;
  value: number;
  bar: number;
  isMax: boolean;
  /** A goal that is missed is told and no more. */
  isGoal: boolean;
  /** The machine was too busy to tell: no pass. */
  isInconclusive: boolean;
}

export interface BenchResult {
  command: string;
  versions: Versions;
  rounds: { cpu: number; cpuSeconds: number; latency: number; latencySeconds: number };
  connections: number;
  ratePerSecond: number;
  cpu: CpuRow[];
  latency: LatencyRow[];
  /** What the splitter's own measurement says of the requests that the clients sent. */
  measured: { sent: number; counted: number; candidatePct: number };
  bars: Bar[];
}

export function isMet({ value, bar, isMax, isInconclusive }: Bar): boolean {
  if (isInconclusive) return false;
  return isMax ? value <= bar : value >= bar;
}

/** For the terminal and for docs/benchmarks alike: Markdown, numbers from this run alone. */
export function benchPage(result: BenchResult): string {
  const { versions, rounds, connections, ratePerSecond, measured } = result;
  return `${[
    `${versions.processor}, ${versions.cores} cores; HAProxy ${versions.haproxy}, ` +
      `nginx ${versions.nginx}, wrk ${versions.wrk}, Node ${versions.node}.`,
    '',
    `Processor time, ${rounds.cpu} rounds of ${rounds.cpuSeconds} s, ${connections} connections:`,
    '',
    ...table(
      ['', 'CPU a request, us', 'requests/s', 'of its core', 'efficiency', 'rounds from, to'],
      result.cpu.map((row) => [
        row.name,
        row.cpuUsPerRequest.toFixed(1),
        row.requestsPerSecond.toFixed(0),
        `${(100 * row.coreShare).toFixed(0)} %`,
        row.efficiency?.median.toFixed(3) ?? '1',
        row.efficiency === null
          ? ''
          : `${row.efficiency.min.toFixed(3)}, ${row.efficiency.max.toFixed(3)}`,
      ]),
    ),
    '',
    `Latency at ${ratePerSecond} requests/s, open loop, ${rounds.latency} rounds of ` +
      `${rounds.latencySeconds} s:`,
    '',
    ...table(
      ['', 'p50, ms', 'p99, ms', 'added p50, ms', 'added p99, ms', 'slowest, ms'],
      result.latency.map(({ name, p50Ms, p99Ms, slowestMs, added }) => [
        name,
        p50Ms.toFixed(3),
        p99Ms.toFixed(3),
        added?.p50Ms.toFixed(3) ?? '',
        added?.p99Ms.toFixed(3) ?? '',
        slowestMs.toFixed(1),
      ]),
    ),
    '',
    `The clients count ${measured.sent} answers, the splitter ${measured.counted} requests (wrk leaves ` +
      `up to ${connections} a round unanswered), ${measured.candidatePct.toFixed(3)} % of them ` +
      'to the candidate.',
    '',
    ...result.bars.map((bar) => {
      const sign = bar.isMax ? '<=' : '>=';
      const kind = bar.isGoal ? 'goal' : 'bar';
      const word = bar.isInconclusive ? 'inconclusive' : isMet(bar) ? 'met' : 'missed';
      return `- ${word}: ${bar.name} ${bar.value.toFixed(3)} (${kind} ${sign} ${bar.bar})`;
    }),
  ].join('\n')}\n`;
}

export function document(result: BenchResult): string {
  return `# Splitter beside HAProxy

Written by \`${result.command} --write\`; every number is from that one run.

Proxy on core 0. Backend (one nginx worker, two ports, an answer from memory) and client on core 1.
The subjects take turns in each round, so that a busy machine slows all of them. The splitter runs
as in service: it measures each request, holds two tracks at 10 %, tries a header rule and passes
\`traceparent\` on; once without stickiness, once with cookies that clients return. HAProxy: one thread,
two weighted servers, keep-alive and connection reuse on both sides, \`forwardfor\`, no log.

Efficiency is HAProxy's processor time a request (user and system, \`/proc/<pid>/stat\`) over the
splitter's, in the same round; the median of the rounds counts. Added latency is a percentile through the
proxy less the same percentile without, in the same round; again the median. It is inconclusive where the
way without a proxy is slower than the bar or than the way with one: the machine was busy.

${benchPage(result)}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)];
}
