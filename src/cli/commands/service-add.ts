import { servicesOf } from '../../app.ts';
import type { CommandDefinition } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { STATE_OPTION } from '../ledger-view.ts';
import { serviceDefinition } from '../service-definition.ts';

export const serviceAdd: CommandDefinition = {
  name: 'service add',
  summary: 'say what a service is: its door, its command, its stable version',
  operands: [{ name: '<name>', summary: 'name of the service', completes: 'nothing' }],
  options: [
    {
      flags: '--command <command>',
      summary: 'starts a version; {port} and {version} are filled in, and PORT is set',
      required: true,
    },
    { flags: '--stable <version>', summary: 'the version that is stable now', required: true },
    { flags: '--listen <address>', summary: 'the door: HOST:PORT, or :PORT', required: true },
    {
      flags: '--cwd <folder>',
      summary: 'where the command runs',
      default: '.',
      completes: 'folder',
    },
    { flags: '--env <pair>', summary: 'NAME=VALUE, added to its environment', repeats: true },
    { flags: '--health <path>', summary: 'a 2xx answer there is healthy; else a connection is' },
    { flags: '--health-deadline <duration>', summary: 'to become healthy', default: '30s' },
    { flags: '--grace <duration>', summary: 'from SIGTERM to SIGKILL', default: '10s' },
    { flags: '--interval <duration>', summary: 'length of a measured interval', default: '10s' },
    {
      flags: '--mode <mode>',
      summary: 'tcp passes bytes through (HTTP/2, gRPC): weights count connections',
      default: 'http',
      choices: ['http', 'tcp'],
    },
    { flags: '--sticky <by>', summary: 'one track a client: cookie:NAME or header:NAME' },
    {
      flags: '--rule <rule>',
      summary: "such as 'candidate header:X-Tester=yes', 'stable path:/admin'",
      repeats: true,
    },
    {
      flags: '--mirror <percent>',
      summary: "of stable's requests, copied to the candidate",
      default: '0',
    },
    STATE_OPTION,
  ],
  example:
    "auroractl service add web --listen 127.0.0.1:8080 --stable 1.0.0 --command 'node server.js'",
  exits: '0 added, 2 a wrong word, 4 another one of that name exists',
  run: async (context, args) => {
    const definition = serviceDefinition(args);
    if (!definition.ok) return context.fail(definition.problem);
    const { name } = definition.value;
    const added = (await servicesOf(args.text('state') ?? '')).add(definition.value);
    if (!added.ok) return context.fail(added.problem);
    context.note(`${name} is known now; start it: auroractl service start ${name}`);
    return EXIT.yes;
  },
};
