import Type from 'typebox';
import { servicesOf } from '../../app.ts';
import { problem } from '../../base/problem.ts';
import type { CommandDefinition, Context } from '../command.ts';
import { ControllerClient } from '../controller-client.ts';
import { type DemoFolder, makeDemoFolder, SERVICE } from '../demo/folder.ts';
import { SCENE_COUNT, SCENE_LINES, tell } from '../demo/story.ts';
import { EXIT } from '../exit-codes.ts';

export const demo: CommandDefinition = {
  name: 'demo',
  summary: 'see it work: four real promotions on this machine, in two minutes',
  operands: [],
  options: [
    { flags: '--only <number>', summary: 'one of the four: 1 good, 2 bad, 3 leak, 4 rehearsal' },
    { flags: '--dry-run', summary: 'say what would be played, and play nothing' },
  ],
  example: 'auroractl demo --dry-run',
  exits: '0 all ended as told, 2 dry run, 5 one of them did not, 6 the ledger is damaged',
  run: async (context, args) => {
    const only = args.text('only');
    if (only !== null && !(Number(only) >= 1 && Number(only) <= SCENE_COUNT)) {
      return context.fail(
        problem('usage', `expected --only with a number from 1 to ${SCENE_COUNT}`),
      );
    }
    if (args.flag('dry-run')) {
      for (const line of SCENE_LINES) context.note(line);
      return EXIT.usage;
    }
    const folder = await makeDemoFolder(context);
    if (!folder.ok) return context.fail(folder.problem);
    const client = new ControllerClient(folder.value.state);
    const interrupted = (): void => {
      void endAll(context, client, folder.value).then(() => process.exit(EXIT.interrupted));
    };
    process.once('SIGINT', interrupted);
    process.once('SIGTERM', interrupted);
    try {
      const told = await tell(
        { context, client, folder: folder.value },
        only === null ? null : Number(only),
      );
      return told.ok ? EXIT.yes : context.fail(told.problem);
    } finally {
      await endAll(context, client, folder.value);
    }
  },
};

/** The folder stays, nothing that runs does. The controller ends first: it would start what it misses. */
async function endAll(
  context: Context,
  client: ControllerClient,
  { state }: DemoFolder,
): Promise<void> {
  await client.ask(Type.Unknown(), 'POST', '/stop');
  const stopped = await (await servicesOf(state)).stop(SERVICE);
  if (!stopped.ok) context.fail(stopped.problem);
}
