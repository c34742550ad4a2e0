import { ASK_OPTIONS, askPromotion } from '../ask-promotion.ts';
import type { CommandDefinition } from '../command.ts';

export const promote: CommandDefinition = {
  name: 'promote',
  summary: 'carry a release from candidate to GA under a plan',
  operands: [{ name: '<plan>', summary: 'the plan file', completes: 'file' }],
  options: ASK_OPTIONS,
  example: 'auroractl promote plans/smoke.yaml --dry-run',
  exits:
    '0 opened, or with -w: promoted; 1 rolled back; 2 a plan with errors, dry run; 3 not as locked; 4 refused',
  run: (context, args) => askPromotion(context, args, { rehearsal: false }),
};
