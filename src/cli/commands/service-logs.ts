import { createReadStream, existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { servicesOf } from '../../app.ts';
import { problem } from '../../base/problem.ts';
import type { CommandDefinition, Context } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { parseWhole, STATE_OPTION } from '../ledger-view.ts';

const FOLLOW_MS = 250;
/** Enough for any number of lines that a person reads. */
const TAIL_BYTES = 4_194_304;

export const serviceLogs: CommandDefinition = {
  name: 'service logs',
  summary: "print what a service's processes wrote",
  operands: [{ name: '<name>', summary: 'name of the service', completes: 'nothing' }],
  options: [
    {
      flags: '--of <process>',
      summary: 'whose',
      default: 'all',
      choices: ['all', 'stable', 'candidate', 'splitter', 'keeper'],
    },
    { flags: '--lines <count>', summary: 'the newest so many of each', default: '50' },
    { flags: '-f, --follow', summary: 'go on with what is written from now' },
    STATE_OPTION,
  ],
  example: 'auroractl service logs web --of candidate',
  exits: '0 printed, 2 no such service',
  run: async (context, args) => {
    const lines = parseWhole(args.text('lines') ?? '', '--lines');
    if (!lines.ok) return context.fail(lines.problem);
    const [name = ''] = args.operands;
    const services = await servicesOf(args.text('state') ?? '');
    const definition = services.definition(name);
    if (!definition.ok) return context.fail(definition.problem);
    const folder = join(services.folderOf(name), 'logs');
    const whose = args.text('of') ?? 'all';
    const files = existsSync(folder)
      ? readdirSync(folder)
          .filter((file) => isOf(file, whose))
          .toSorted()
      : [];
    if (files.length === 0) {
      const hint = `auroractl service start ${name}`;
      return context.fail(problem('not-found', `${name} has written no log yet`, hint));
    }
    const from = new Map<string, number>();
    for (const file of files) {
      const path = join(folder, file);
      from.set(path, await printTail(context, path, lines.value, files.length > 1));
    }
    while (args.flag('follow')) {
      for (const [path, at] of from) from.set(path, await printFrom(context, path, at));
      await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS));
    }
    return EXIT.yes;
  },
};

/** `stable.log`, and `candidate.log`; older ones have a number behind them. */
function isOf(file: string, whose: string): boolean {
  return file.endsWith('.log') && (whose === 'all' || file.startsWith(whose));
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
  const { size } = statSync(path);
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
