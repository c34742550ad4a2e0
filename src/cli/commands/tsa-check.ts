import { type Asked, tryAuthorities } from '../../app.ts';
import { formatDuration } from '../../base/duration.ts';
import { formatInstant } from '../../base/instant.ts';
import { type Stamp, type StampsResult, stampsResult } from '../../core/timestamp/stamps-result.ts';
import { type CommandDefinition, OUTPUT_OPTION } from '../command.ts';
import type { View } from '../output.ts';
import { AUTHORITIES_OPTION, authoritiesOf } from '../timestamp-authorities.ts';
import { endWith, problemData, saidData, tokenWord } from '../timestamp-view.ts';

export const tsaCheck: CommandDefinition = {
  name: 'tsa check',
  summary: 'ask every timestamp authority for a timestamp now, and verify all of it',
  operands: [],
  options: [AUTHORITIES_OPTION, OUTPUT_OPTION],
  example: 'auroractl tsa check --authorities timestamps.yaml',
  exits: '0 all answer and verify, 2 a wrong file, 5 one does not answer, 6 one is wrong',
  run: async (context, args) => {
    const authorities = authoritiesOf(args);
    if (!authorities.ok) return context.fail(authorities.problem);
    const asked = await tryAuthorities(authorities.value);
    if (!asked.ok) return context.fail(asked.problem);
    const stamps = asked.value.map(stampOf);
    const result = stampsResult(stamps);
    await context.print(view(asked.value, stamps, result), args.text('output'));
    return endWith(context, stamps, result);
  },
};

function stampOf(asked: Asked): Stamp {
  if (asked.kind === 'missing') return asked;
  const { authority, operator, token } = asked;
  return { kind: 'verified', authority, operator, isLate: false, said: token.said };
}

function view(asked: readonly Asked[], stamps: readonly Stamp[], result: StampsResult): View {
  const rows = asked.map((one, index) => {
    const stamp = stamps[index];
    const token = one.kind === 'given' ? one.token : null;
    return { one, token, word: stamp === undefined ? '' : tokenWord(stamp) };
  });
  return {
    kind: 'TimestampAuthorityCheck',
    data: {
      result: result.result,
      reasons: result.reasons,
      authorities: rows.map(({ one, token, word }) => ({
        authority: one.authority,
        operator: one.operator,
        token: word,
        offsetMs: token?.offsetMs ?? null,
        latencyMs: token === null ? null : Math.round(token.latencyMs),
        ...saidData(token?.said ?? null),
        ...problemData(one.kind === 'missing' ? one.problem : null),
      })),
    },
    columns: [
      { title: 'AUTHORITY' },
      { title: 'OPERATOR' },
      { title: 'TOKEN' },
      { title: 'OFFSET' },
      { title: 'LATENCY' },
      { title: 'ACCURACY', wide: true },
      { title: 'POLICY', wide: true },
      { title: 'CERTIFICATE ENDS' },
    ],
    rows: rows.map(({ one, token, word }) => {
      const said = token?.said ?? null;
      const accuracyMs = said?.accuracyMs ?? null;
      return [
        ...[one.authority, one.operator, word],
        token === null ? '-' : signed(token.offsetMs),
        token === null ? '-' : formatDuration(Math.round(token.latencyMs)),
        accuracyMs === null ? '-' : formatDuration(accuracyMs),
        said?.policy ?? '-',
        said === null ? '-' : formatInstant(said.signer.notAfterMs).slice(0, 10),
      ];
    }),
  };
}

/** Against this machine's clock. */
function signed(ms: number): string {
  return `${ms < 0 ? '-' : ms > 0 ? '+' : ''}${formatDuration(Math.abs(ms))}`;
}
