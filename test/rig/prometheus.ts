/** A real Prometheus on a free loopback port, for tests; tools/prometheus.sh finds or fetches it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { portOf } from '../splitter/splitter-rig.ts';

const SCRIPT = join(import.meta.dirname, '../../tools/prometheus.sh');
const READY_WITHIN_MS = 30_000;

export interface ScrapeTarget {
  job: string;
  /** host:port; its page is /metrics unless it is another. */
  address: string;
  path?: string;
  labels: Readonly<Record<string, string>>;
}

export class PrometheusRig {
  readonly url: string;
  private readonly folder: string;
  private readonly port: number;
  private child: ChildProcess | null = null;
  private said = '';

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Scrapes each target once a second. Throws, with what it said, where it does not become ready. */
  static async start(targets: readonly ScrapeTarget[]): Promise<PrometheusRig> {
    const folder = mkdtempSync(join(tmpdir(), 'aurora-prometheus-'));
    try {
      writeFileSync(join(folder, 'prometheus.yml'), configOf(targets));
      const rig = new PrometheusRig(folder, await freePort());
      await rig.resume();
      return rig;
    } catch (error) {
      rmSync(folder, { recursive: true });
      throw error;
    }
  }

  /** Starts it again, with all it knew, after `kill`. */
  async resume(): Promise<void> {
    const child = spawn(
      programPath(),
      [
        `--config.file=${join(this.folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(this.folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${this.port}`,
        '--log.level=warn',
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text: Buffer) => {
        this.said += text.toString();
      });
    }
    const deadline = performance.now() + READY_WITHIN_MS;
    while (!(await this.isReady())) {
      if (child.exitCode !== null || performance.now() > deadline) {
        child.kill('SIGKILL');
        throw new Error(`prometheus did not start: ${this.said}`);
      }
      await sleep(50);
    }
  }

  /** Without a chance to say farewell. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async isReady(): Promise<boolean> {
    try {
      return (await fetch(`${this.url}/-/ready`)).ok;
    } catch {
      return false; // It does not listen yet.
    }
  }
}

/** Throws where there is none and none can be fetched: what was not tried is no success. */
function programPath(): string {
  execFileSync('sh', [SCRIPT, '--install'], { stdio: ['ignore', 'inherit', 'inherit'] });
  const path = execFileSync('sh', [SCRIPT, '--path'], { encoding: 'utf8' }).trim();
  if (path === '') throw new Error('tools/prometheus.sh --install left no Prometheus behind');
  return path;
}

/** JSON is YAML. */
function configOf(targets: readonly ScrapeTarget[]): string {
  const jobs = Map.groupBy(targets, ({ job, path = '/metrics' }) => `${job} ${path}`);
  return JSON.stringify({
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: [...jobs.values()].map((some) => ({
      job_name: some[0]?.job,
      metrics_path: some[0]?.path ?? '/metrics',
      static_configs: some.map(({ address, labels }) => ({ targets: [address], labels })),
    })),
  });
}

/** Free when it was asked for: the system gives each port out anew only after all others. */
async function freePort(): Promise<number> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}
