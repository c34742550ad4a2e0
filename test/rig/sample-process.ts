import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TrackPlace } from '../../src/protocol/splitter.ts';

const MAIN = join(import.meta.dirname, '../../workloads/sample/main.ts');
let count = 0;

/** A sample service that a test started itself and can turn bad. */
export class SampleProcess {
  readonly pid: number;
  readonly port: number;
  readonly instance: string;
  /** null: ended by a signal. */
  readonly exit: Promise<number | null>;
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess, port: number, instance: string) {
    this.child = child;
    this.pid = child.pid ?? 0;
    this.port = port;
    this.instance = instance;
    this.exit =
      child.exitCode !== null || child.signalCode !== null
        ? Promise.resolve(child.exitCode)
        : once(child, 'exit').then(([code]) => (typeof code === 'number' ? code : null));
  }

  /** Resolves when it listens; throws, with what it said, where it ends before. */
  static async start(env: Readonly<Record<string, string>>): Promise<SampleProcess> {
    count += 1;
    const instance = env.SAMPLE_INSTANCE ?? `${env.SAMPLE_VERSION ?? 'sample'}/${count}`;
    const child = spawn(process.execPath, [MAIN], {
      env: { ...process.env, PORT: '0', SAMPLE_INSTANCE: instance, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said: string[] = [];
    child.stderr.on('data', (text: Buffer) => said.push(text.toString()));
    const ended = once(child, 'exit').then(([code]) => `ended with ${code}: ${said.join('')}`);
    const line = once(createInterface(child.stdout), 'line').then(([text]) => String(text));
    const first = await Promise.race([line, ended]);
    const port = /^listening on 127\.0\.0\.1:(\d+)$/.exec(first)?.[1];
    if (port !== undefined) return new SampleProcess(child, Number(port), instance);
    child.kill('SIGKILL');
    throw new Error(`the sample service did not start: ${first}`);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get place(): TrackPlace {
    return { host: '127.0.0.1', port: this.port, instance: this.instance, up: true };
  }

  /** Turns its knobs, not through the splitter. */
  async turn(knobs: Readonly<Record<string, string | number | null>>): Promise<void> {
    const body = JSON.stringify(knobs);
    const response = await fetch(`${this.url}/knobs`, { method: 'PUT', body });
    if (!response.ok) throw new Error(await response.text());
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** The exit code; null where a signal ended it. */
  stop(): Promise<number | null> {
    this.kill('SIGTERM');
    return this.exit;
  }
}
