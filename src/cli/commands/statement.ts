import { join } from 'node:path';
import { promotionRecordOf } from '../../app.ts';
import { fromUtf8 } from '../../base/bytes.ts';
import { sha256 } from '../../base/digest.ts';
import { problem } from '../../base/problem.ts';
import { type NamedStatement, releaseStatements } from '../../core/decision/release-statements.ts';
import { type CommandDefinition, OUTPUT_OPTION } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { writeWhole } from '../files.ts';
import { STATE_OPTION } from '../ledger-view.ts';
import { envelopeBy, type StatementKey, statementKeys } from '../statement-keys.ts';

export const statement: CommandDefinition = {
  name: 'statement',
  summary:
    'write what can be said of a decision as in-toto statements, signed where a key is named',
  operands: [
    { name: '<promotion>', summary: 'its id, or the beginning of it', completes: 'nothing' },
  ],
  options: [
    {
      flags: '--key <file>',
      summary: 'signs each one into a DSSE envelope; may be given several times (keys new --p256)',
      repeats: true,
      completes: 'file',
    },
    { flags: '--out <folder>', summary: 'else statements/PROMOTION', completes: 'folder' },
    STATE_OPTION,
    OUTPUT_OPTION,
  ],
  example: 'auroractl statement shop-1.1.0',
  exits:
    '0 written, 2 no such promotion or no decision in it, 4 a key is not yours to use, 6 the ledger is damaged',
  run: async (context, args) => {
    const [word = ''] = args.operands;
    const record = await promotionRecordOf(args.text('state') ?? '', word);
    if (!record.ok) return context.fail(record.problem);
    const { promotion } = record.value.state;
    const statements = releaseStatements(record.value, context.version);
    if (statements.length === 0) {
      const message = `nothing was judged or decided in ${promotion} yet`;
      return context.fail(problem('not-found', message, `auroractl explain ${promotion}`));
    }
    const keys = await statementKeys(args.texts('key'));
    if (!keys.ok) return context.fail(keys.problem);
    const folder = args.text('out') ?? join('statements', promotion);
    const files = statements.flatMap((one) => filesOf(one, keys.value));
    for (const { name, text } of files) {
      const written = writeWhole(join(folder, name), text);
      if (!written.ok) return context.fail(written.problem);
    }
    const items = files.map(({ name, text }) => ({
      file: join(folder, name),
      sha256: sha256(text),
    }));
    await context.print(
      {
        kind: 'StatementList',
        data: { promotion, items },
        columns: [{ title: 'FILE' }, { title: 'SHA-256' }],
        rows: items.map(({ file, sha256: digest }) => [file, digest]),
      },
      args.text('output'),
    );
    if (keys.value.length === 0) context.note('nobody has signed them; --key FILE does');
    return EXIT.yes;
  },
};

function filesOf(
  { name, bytes }: NamedStatement,
  keys: readonly StatementKey[],
): readonly { name: string; text: string }[] {
  const plain = { name: `${name}.json`, text: fromUtf8(bytes) ?? '' };
  if (keys.length === 0) return [plain];
  return [plain, { name: `${name}.dsse.json`, text: envelopeBy(keys, bytes) }];
}
