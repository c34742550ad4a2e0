import { type TimestampedFile, timestampFileBy } from '../../app.ts';
import { formatInstant } from '../../base/instant.ts';
import { type StampsResult, stampsResult } from '../../core/timestamp/stamps-result.ts';
import { type CommandDefinition, OUTPUT_OPTION } from '../command.ts';
import type { View } from '../output.ts';
import { AUTHORITIES_OPTION, authoritiesOf } from '../timestamp-authorities.ts';
import { endWith, problemData, saidData, tokenWord } from '../timestamp-view.ts';

export const timestamp: CommandDefinition = {
  name: 'timestamp',
  summary: 'have a file timestamped by authorities of different operators (RFC 3161)',
  operands: [{ name: '<file>', summary: 'tokens are written beside it', completes: 'file' }],
  options: [
    { flags: '--check', summary: 'ask nobody; verify the tokens that are there' },
    AUTHORITIES_OPTION,
    OUTPUT_OPTION,
  ],
  example: 'auroractl timestamp evidence.tar.gz --authorities timestamps.yaml',
  exits:
    '0 all verified, 2 a wrong file, 4 tokens of other bytes, 5 one is missing, 6 one is wrong',
  run: async (context, args) => {
    const [file = ''] = args.operands;
    const authorities = authoritiesOf(args);
    if (!authorities.ok) return context.fail(authorities.problem);
    const mode = args.flag('check') ? 'check' : 'fetch';
    const stamped = await timestampFileBy(file, authorities.value, mode);
    if (!stamped.ok) return context.fail(stamped.problem);
    const result = stampsResult(stamped.value.stamps);
    await context.print(view(file, stamped.value, result), args.text('output'));
    if (result.provenMs !== null) {
      context.note(`every operator says that it was there at ${formatInstant(result.provenMs)}`);
    }
    if (result.result === 'inconclusive') {
      context.note(`later, for what is missing: auroractl timestamp ${file}`);
    }
    return endWith(context, stamped.value.stamps, result);
  },
};

function view(file: string, stamped: TimestampedFile, result: StampsResult): View {
  const { sha256, firstAskedMs, stamps } = stamped;
  const tokens = stamps.map((stamp) => ({
    authority: stamp.authority,
    operator: stamp.operator,
    token: tokenWord(stamp),
    path: stamp.path,
    ...saidData(stamp.kind === 'verified' ? stamp.said : null),
    ...problemData(stamp.kind === 'missing' ? stamp.problem : null),
  }));
  return {
    kind: 'TimestampedFile',
    data: {
      file,
      sha256,
      result: result.result,
      provenAt: result.provenMs === null ? null : formatInstant(result.provenMs),
      firstAskedAt: firstAskedMs === null ? null : formatInstant(firstAskedMs),
      reasons: result.reasons,
      tokens,
    },
    columns: [
      { title: 'AUTHORITY' },
      { title: 'OPERATOR' },
      { title: 'TOKEN' },
      { title: 'TIME' },
      { title: 'POLICY', wide: true },
      { title: 'SIGNER', wide: true },
      { title: 'FILE' },
    ],
    rows: stamps.map((stamp) => {
      const said = stamp.kind === 'verified' ? stamp.said : null;
      const time = said === null ? '-' : formatInstant(said.genTimeMs);
      const by = [said?.policy ?? '-', said?.signer.name ?? '-'];
      return [stamp.authority, stamp.operator, tokenWord(stamp), time, ...by, stamp.path];
    }),
  };
}
