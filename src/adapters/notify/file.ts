import {
  closeSync,
  existsSync,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Message, Notifier } from '../../engine/ports.ts';
import { postWebhook } from './webhook.ts';

export interface FileNotifierOptions {
  stateFolder: string;
  /** Told as well, at least once a message; null: nobody. */
  webhookUrl?: string | null;
  webhookDeadlineMs?: number;
}

/**
 * Appends messages to `<state>/notifications.jsonl`, one JSON object a line: a message, or
 * `{"delivered": id}` once the webhook took it. Ids are known over restarts.
 */
export class FileNotifier implements Notifier {
  private readonly options: FileNotifierOptions;
  private readonly path: string;
  private readonly written = new Set<string>();
  private readonly delivered = new Set<string>();
  private readonly onTheirWay = new Map<string, Promise<Result<void>>>();
  private isTorn = false;

  /** Throws when the file is there and can't be read. */
  constructor(options: FileNotifierOptions) {
    this.options = options;
    this.path = join(options.stateFolder, 'notifications.jsonl');
    if (existsSync(this.path)) this.learn(readFileSync(this.path, 'utf8'));
  }

  /** `unavailable`: the disk or the webhook did not take it; what took it is not told again. */
  send(message: Message): Promise<Result<void>> {
    const known = this.onTheirWay.get(message.id);
    if (known !== undefined) return known;
    const sent = this.sendOnce(message).finally(() => this.onTheirWay.delete(message.id));
    this.onTheirWay.set(message.id, sent);
    return sent;
  }

  private async sendOnce(message: Message): Promise<Result<void>> {
    const { id, level, title, text } = message;
    const written = this.written.has(id)
      ? ok(undefined)
      : this.append({ id, at: new Date().toISOString(), level, title, text });
    if (written.ok) this.written.add(id);
    // A full disk must not keep people from hearing of it.
    const told = await this.tell(message);
    return written.ok ? told : written;
  }

  private async tell(message: Message): Promise<Result<void>> {
    const { webhookUrl = null, webhookDeadlineMs = 5_000 } = this.options;
    if (webhookUrl === null || this.delivered.has(message.id)) return ok(undefined);
    const posted = await postWebhook(webhookUrl, message, webhookDeadlineMs);
    if (!posted.ok) return posted;
    this.delivered.add(message.id);
    return this.append({ delivered: message.id });
  }

  private append(line: object): Result<void> {
    try {
      mkdirSync(this.options.stateFolder, { recursive: true, mode: 0o700 });
      const file = openSync(this.path, 'a', 0o600);
      try {
        fchmodSync(file, 0o600);
        const start = this.isTorn ? '\n' : '';
        // Until all of it is there, the next line may not begin behind a half one.
        this.isTorn = true;
        const text = `${start}${JSON.stringify(line)}\n`;
        if (writeSync(file, text) !== Buffer.byteLength(text)) throw new Error('the disk is full');
        this.isTorn = false;
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      return ok(undefined);
    } catch (error) {
      return fail(problem('unavailable', `${this.path}: ${String(error)}`));
    }
  }

  /** A line that a crash cut short is no message: it is sent again. */
  private learn(text: string): void {
    this.isTorn = text !== '' && !text.endsWith('\n');
    for (const line of text.split('\n')) {
      const read = lineOf(line);
      if (typeof read.id === 'string') this.written.add(read.id);
      if (typeof read.delivered === 'string') this.delivered.add(read.delivered);
    }
  }
}

function lineOf(line: string): { id?: unknown; delivered?: unknown } {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
