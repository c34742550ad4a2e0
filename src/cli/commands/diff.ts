import { diffNormalized } from '../../core/profile/diff.ts';
import { type CommandDefinition, OUTPUT_OPTION } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { PROFILES_DIR_OPTION, placeOf, readProfile } from '../profile-files.ts';

export const diff: CommandDefinition = {
  name: 'diff',
  summary: 'show the keys in which two profiles differ',
  operands: [
    { name: '<a>', summary: 'name or path of a profile', completes: 'profile' },
    { name: '<b>', summary: 'the one to compare it with', completes: 'profile' },
  ],
  options: [PROFILES_DIR_OPTION, OUTPUT_OPTION],
  example: 'auroractl diff r2 smoke',
  exits: '0 the same, 1 different, 2 invalid or missing profile',
  run: async (context, args) => {
    const [a = '', b = ''] = args.operands;
    const folder = args.text('profiles-dir') ?? '';
    const left = readProfile(placeOf(a, folder));
    if (!left.ok) return context.fail(left.problem);
    const right = readProfile(placeOf(b, folder));
    if (!right.ok) return context.fail(right.problem);
    const changes = diffNormalized(left.value.normalized, right.value.normalized) ?? [];
    await context.print(
      {
        kind: 'ProfileDiff',
        data: {
          a: { profile: a, sha256: left.value.sha256 },
          b: { profile: b, sha256: right.value.sha256 },
          changes,
        },
        columns: [{ title: 'KEY' }, { title: a }, { title: b }],
        rows: changes.map(({ key, before, after }) => [key, before ?? '-', after ?? '-']),
      },
      args.text('output'),
    );
    return left.value.sha256 === right.value.sha256 ? EXIT.yes : EXIT.no;
  },
};
