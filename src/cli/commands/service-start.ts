import { servicesOf } from '../../app.ts';
import type { CommandDefinition } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { STATE_OPTION } from '../ledger-view.ts';

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
      const started = await services.start(name);
      if (!started.ok) return context.fail(started.problem);
      const view = await services.view(name);
      if (!view.ok) return context.fail(view.problem);
      const { traffic } = view.value.definition;
      context.note(
        `${name} answers at ${traffic.host}:${view.value.splitter?.port ?? traffic.port}`,
      );
    }
    if (names.length === 0) context.note('there are no services: auroractl service add');
    return EXIT.yes;
  },
};
