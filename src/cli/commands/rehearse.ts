import { DURATION_FORM, parseDuration } from '../../base/duration.ts';
import { problem } from '../../base/problem.ts';
import { ASK_OPTIONS, askPromotion } from '../ask-promotion.ts';
import type { CommandDefinition } from '../command.ts';

export const rehearse: CommandDefinition = {
  name: 'rehearse',
  summary: 'go a whole plan in minutes, on scaled time; it never counts, and ends back at stable',
  operands: [{ name: '<plan>', summary: 'the plan file', completes: 'file' }],
  options: [
    {
      flags: '--in <duration>',
      summary: 'how long the road is to take, decisions apart',
      default: '5m',
    },
    ...ASK_OPTIONS,
  ],
  example: 'auroractl rehearse plans/bridge-72h.yaml --in 2m --dry-run',
  exits:
    '0 opened, or with -w: went all the way; 1 rolled back; 2 a plan with errors, dry run; 3 not as locked; 4 refused',
  run: async (context, args) => {
    const scaleToMs = parseDuration(args.text('in') ?? '');
    if (scaleToMs === null || scaleToMs < 1) {
      return context.fail(problem('usage', `expected --in with ${DURATION_FORM}`));
    }
    return await askPromotion(context, args, { rehearsal: true, scaleToMs });
  },
};
