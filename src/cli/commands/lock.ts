import { relative } from 'node:path';
import { type CommandDefinition, OUTPUT_OPTION } from '../command.ts';
import { EXIT, type ExitCode, gravest } from '../exit-codes.ts';
import { PROFILES_DIR_OPTION, placesOf } from '../profile-files.ts';
import { checkProfile, type LockOutcome, lockProfile } from '../profile-lock.ts';

export const lock: CommandDefinition = {
  name: 'lock',
  summary: 'lock profiles, or check them against their locks',
  operands: [
    { name: '[profile...]', summary: 'names or paths; all when left out', completes: 'profile' },
  ],
  options: [
    { flags: '--check', summary: 'write nothing; fail when a profile differs from its lock' },
    {
      flags: '--dry-run',
      summary: 'write nothing; show what would be locked',
      conflicts: ['check'],
    },
    PROFILES_DIR_OPTION,
    OUTPUT_OPTION,
  ],
  example: 'auroractl lock --check',
  exits: '0 locked or valid, 2 dry run, invalid or missing profile, 3 differs from its lock',
  run: async (context, args) => {
    const places = placesOf(args.operands, args.text('profiles-dir') ?? '');
    if (!places.ok) return context.fail(places.problem);
    const check = args.flag('check');
    const dryRun = args.flag('dry-run');
    const codes: ExitCode[] = [];
    const outcomes: LockOutcome[] = [];
    for (const place of places.value) {
      const facts = { nowMs: context.nowMs(), version: context.version, dryRun };
      const outcome = check ? checkProfile(place) : lockProfile(place, facts);
      if (outcome.problem !== null) codes.push(context.fail(outcome.problem));
      if (outcome.note !== null) context.note(outcome.note);
      outcomes.push(outcome);
    }
    await context.print(
      {
        kind: 'ProfileLockList',
        data: {
          items: outcomes.map(({ place, result, sha256, changes, lockedAt }) => ({
            profile: place.name,
            result,
            sha256,
            path: place.path,
            lockPath: place.lockPath,
            lockedAt,
            changes,
          })),
        },
        columns: [
          { title: 'PROFILE' },
          { title: 'RESULT' },
          { title: 'SHA256' },
          { title: 'LOCKED AT', wide: true },
          { title: 'LOCK', wide: true },
        ],
        rows: outcomes.map(({ place, result, sha256, lockedAt }) => [
          place.name,
          result,
          sha256 ?? '-',
          lockedAt ?? '-',
          relative('.', place.lockPath),
        ]),
      },
      args.text('output'),
    );
    return gravest(dryRun ? [...codes, EXIT.usage] : codes);
  },
};
