import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stateFiles } from '../../app.ts';
import { problem } from '../../base/problem.ts';
import { ok, type Result } from '../../base/result.ts';
import type { CommandDefinition } from '../command.ts';
import { ControllerClient, PROMOTION_OPERAND } from '../controller-client.ts';
import { EXIT } from '../exit-codes.ts';
import { parseWhole, STATE_OPTION } from '../ledger-view.ts';
import { FOLLOW_OPTION, LINES_OPTION, printLogs } from '../print-logs.ts';

const TRACKS = ['stable', 'candidate', 'baseline'];

export const logs: CommandDefinition = {
  name: 'logs',
  summary: 'print what the tracks of a promotion wrote, or the controller itself',
  operands: [PROMOTION_OPERAND],
  options: [
    {
      flags: '--of <process>',
      summary: 'whose; else those of all tracks',
      choices: [...TRACKS, 'splitter', 'keeper', 'controller'],
    },
    LINES_OPTION,
    FOLLOW_OPTION,
    STATE_OPTION,
  ],
  example: 'auroractl logs --of controller',
  exits: '0 printed, 2 no such promotion, or nothing was written yet',
  run: async (context, args) => {
    const lines = parseWhole(args.text('lines') ?? '', '--lines');
    if (!lines.ok) return context.fail(lines.problem);
    const state = args.text('state') ?? '';
    const of = args.text('of');
    const folder =
      of === 'controller' ? ok(resolve(state)) : await serviceFolder(state, args.operands[0]);
    if (!folder.ok) return context.fail(folder.problem);
    const printed = await printLogs(context, join(folder.value, 'logs'), {
      whose: of === null ? TRACKS : [of],
      lines: lines.value,
      follow: args.flag('follow'),
    });
    if (printed) return EXIT.yes;
    const message = `nothing in ${join(folder.value, 'logs')} was written by ${of ?? 'its tracks'} yet`;
    return context.fail(problem('not-found', message, 'auroractl service list'));
  },
};

/** A service is known by its folder; for anything else the controller is asked. */
async function serviceFolder(state: string, word: string | undefined): Promise<Result<string>> {
  const { services } = stateFiles(state);
  if (word !== undefined && /^[a-z0-9-]+$/.test(word) && existsSync(join(services, word))) {
    return ok(join(services, word));
  }
  const found = await new ControllerClient(state).promotion(word);
  return found.ok ? ok(join(services, found.value.service)) : found;
}
