import { Checklist } from '../../protocol/controller.ts';
import type { CommandDefinition } from '../command.ts';
import { ControllerClient, PROMOTION_OPERAND } from '../controller-client.ts';
import { EXIT } from '../exit-codes.ts';
import { writeText } from '../files.ts';
import { STATE_OPTION } from '../ledger-view.ts';

export const checklist: CommandDefinition = {
  name: 'checklist',
  summary: 'print the release checklist of a promotion, filled from the ledger',
  operands: [PROMOTION_OPERAND],
  options: [
    { flags: '--out <file>', summary: 'write it there instead', completes: 'file' },
    STATE_OPTION,
  ],
  example: 'auroractl checklist --out checklist.md',
  exits: '0 printed, 2 no such promotion',
  run: async (context, args) => {
    const [word = ''] = args.operands;
    const client = new ControllerClient(args.text('state') ?? '');
    const path = `/checklist?id=${encodeURIComponent(word)}`;
    const filled = await client.ask(Checklist, 'GET', path);
    if (!filled.ok) return context.fail(filled.problem);
    const { id, markdown } = filled.value;
    const file = args.text('out');
    if (file === null) {
      context.printText(markdown);
      return EXIT.yes;
    }
    const written = writeText(file, markdown);
    if (!written.ok) return context.fail(written.problem);
    context.note(`${file}: the checklist of ${id}`);
    return EXIT.yes;
  },
};
