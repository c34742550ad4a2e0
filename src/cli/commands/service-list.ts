import { type ServiceView, servicesOf } from '../../app.ts';
import { type CommandDefinition, OUTPUT_OPTION } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { STATE_OPTION } from '../ledger-view.ts';

export const serviceList: CommandDefinition = {
  name: 'service list',
  summary: 'list services with their door, what is stable, and what runs',
  operands: [],
  options: [STATE_OPTION, OUTPUT_OPTION],
  example: 'auroractl service list',
  exits: '0 listed, 2 a definition that cannot be read',
  run: async (context, args) => {
    const listed = await (await servicesOf(args.text('state') ?? '')).list();
    if (!listed.ok) return context.fail(listed.problem);
    await context.print(
      {
        kind: 'ServiceList',
        data: {
          items: listed.value.map(({ definition, keeper, splitter }) => ({
            ...{ name: definition.name, definition, keeper, splitter },
          })),
        },
        columns: [
          { title: 'SERVICE' },
          { title: 'STATE' },
          { title: 'DOOR' },
          { title: 'STABLE' },
          { title: 'CANDIDATE' },
          { title: 'WEIGHT' },
          { title: 'RESTARTS', wide: true },
          { title: 'METRICS', wide: true },
        ],
        rows: listed.value.map(row),
      },
      args.text('output'),
    );
    return EXIT.yes;
  },
};

function row({ definition, keeper, splitter }: ServiceView): string[] {
  const { host, port } = definition.traffic;
  const instance = (track: 'stable' | 'candidate'): string => {
    const found = keeper?.instances.find((one) => one.track === track);
    if (found === undefined) return '-';
    return `${found.version} ${found.process.up ? 'up' : 'down'}`;
  };
  const restarts = keeper?.instances.reduce((sum, one) => sum + one.process.restarts, 0);
  return [
    definition.name,
    stateOf(keeper, splitter),
    `${host}:${splitter?.port ?? port}`,
    instance('stable'),
    instance('candidate'),
    splitter === null ? '-' : `${splitter.weights.candidate} %`,
    restarts === undefined ? '-' : String(restarts),
    splitter === null ? '-' : `127.0.0.1:${splitter.metricsPort}`,
  ];
}

function stateOf(keeper: ServiceView['keeper'], splitter: ServiceView['splitter']): string {
  if (keeper === null) return splitter === null ? 'stopped' : 'without keeper';
  return splitter === null ? 'without splitter' : 'running';
}
