import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Context, OptionDefinition } from './command.ts';

/** Which lines of which files. */
export interface LogsAsked {
  /** What their names begin with; null: all. */
  whose: readonly string[] | null;
  lines: number;
  follow: boolean;
}

export const LINES_OPTION: OptionDefinition = {
  flags: '--lines <count>',
  summary: 'the newest so many of each',
  default: '50',
};

export const FOLLOW_OPTION: OptionDefinition = {
  flags: '-f, --follow',
  summary: 'go on with what is written from now',
};

const FOLLOW_MS = 250;
/** Enough for any number of lines that a person reads. */
const TAIL_BYTES = 4_194_304;

/**
 * Prints the ends of a folder's logs; following them, those too that are begun meanwhile, until it is
 * interrupted. False: there are none.
 */
export async function printLogs(
  context: Context,
  folder: string,
  asked: LogsAsked,
): Promise<boolean> {
  const files = logsIn(folder, asked.whose);
  if (files.length === 0 && !asked.follow) return false;
  const from = new Map<string, number>();
  for (const path of files) {
    from.set(path, await printTail(context, path, asked.lines, files.length > 1));
  }
  while (asked.follow) {
    for (const path of logsIn(folder, asked.whose)) {
      from.set(path, await printFrom(context, path, from.get(path) ?? 0));
    }
    await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS));
  }
  return true;
}

/** `stable.log`, `candidate.log`, `baseline.log`; older ones have a number behind them. */
function logsIn(folder: string, whose: LogsAsked['whose']): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.log'))
    .filter((file) => whose === null || whose.some((one) => file.startsWith(one)))
    .toSorted()
    .map((file) => join(folder, file));
}

async function printTail(
  context: Context,
  path: string,
  lines: number,
  named: boolean,
): Promise<number> {
  const { size } = statSync(path);
  const text = await read(path, Math.max(0, size - TAIL_BYTES), size);
  if (named) context.note(`==> ${path}`);
  const all = text.split('\n');
  context.printText(all.slice(Math.max(0, all.length - lines - 1)).join('\n'));
  return size;
}

/** A log that was rotated is shorter than where we were: it begins anew. */
async function printFrom(context: Context, path: string, at: number): Promise<number> {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? at;
  if (size === at) return at;
  context.printText(await read(path, size < at ? 0 : at, size));
  return size;
}

async function read(path: string, from: number, to: number): Promise<string> {
  if (to <= from) return '';
  const parts: Buffer[] = [];
  for await (const part of createReadStream(path, { start: from, end: to - 1 })) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}
