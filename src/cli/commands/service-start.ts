import { servicesOf } from '../../app.ts';
import type { CommandDefinition } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { STATE_OPTION } from '../ledger-view.ts';
import { startService } from '../service-up.ts';

export const serviceStart: CommandDefinition = {
  name: 'service start',
  summary: 'start services: splitter and stable, as they were; all of them where none is named',
  operands: [{ name: '[name...]', summary: 'names of services', completes: 'nothing' }],
  options: [STATE_OPTION],
  example: 'auroractl service start',
  exits: '0 they run, 2 no such service, 5 one did not become healthy',
  run: async (context, args) => {
    const services = await servicesOf(args.text('state') ?? '');
    const listed = await services.list();
    if (!listed.ok) return context.fail(listed.problem);
    const all = listed.value.map(({ definition }) => definition.name);
    const names = args.operands.length > 0 ? args.operands : all;
    for (const name of names) {
      const definition = services.definition(name);
      if (!definition.ok) return context.fail(definition.problem);
      const started = await startService(context, services, definition.value);
      if (!started.ok) return context.fail(started.problem);
      context.note(`${name} answers at ${started.value.door}`);
    }
    if (names.length === 0) context.note('there are no services: auroractl service add');
    return EXIT.yes;
  },
};
