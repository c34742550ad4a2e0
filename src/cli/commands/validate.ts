import { validateProfiles } from '../../core/profile/validate.ts';
import { type CommandDefinition, OUTPUT_OPTION } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { writeText } from '../files.ts';
import { PROFILES_DIR_OPTION, placesOf, readForValidation } from '../profile-files.ts';

export const validate: CommandDefinition = {
  name: 'validate',
  summary: 'check every profile, and that r2 is stricter than smoke',
  operands: [],
  options: [
    PROFILES_DIR_OPTION,
    {
      flags: '--report <file>',
      summary: 'where the report is written',
      default: 'artifacts/profile_validation.json',
      completes: 'file',
    },
    OUTPUT_OPTION,
  ],
  example: 'auroractl validate',
  exits: '0 all valid, 1 r2 is not stricter than smoke, 2 an invalid profile or none at all',
  run: async (context, args) => {
    const places = placesOf([], args.text('profiles-dir') ?? '');
    if (!places.ok) return context.fail(places.problem);
    const profiles = [];
    for (const place of places.value) {
      const profile = readForValidation(place);
      if (!profile.ok) return context.fail(profile.problem);
      profiles.push(profile.value);
    }
    const report = validateProfiles(profiles);
    const path = args.text('report') ?? '';
    const written = writeText(path, `${JSON.stringify(report, null, 2)}\n`);
    if (!written.ok) return context.fail(written.problem);
    const entries = Object.entries(report.validations);
    for (const [name, { errors, warnings }] of entries) {
      for (const error of errors) context.note(`error: ${name}: ${error}`);
      for (const warning of warnings) context.note(`warning: ${name}: ${warning}`);
    }
    await context.print(
      {
        kind: report.kind,
        data: report,
        columns: [
          { title: 'PROFILE' },
          { title: 'RESULT' },
          { title: 'ERRORS' },
          { title: 'WARNINGS' },
          { title: 'SHA256', wide: true },
        ],
        rows: entries.map(([name, one]) => [
          name,
          one.is_valid ? 'valid' : 'invalid',
          String(one.errors.length),
          String(one.warnings.length),
          one.sha256_normalized_yaml ?? '-',
        ]),
      },
      args.text('output'),
    );
    context.note(`wrote ${path}`);
    if (profiles.some(({ parsed }) => parsed === null)) return EXIT.usage;
    return report.validation_summary.invalid_profiles === 0 ? EXIT.yes : EXIT.no;
  },
};
