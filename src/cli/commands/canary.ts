import { servicesOf } from '../../app.ts';
import { onInterrupt } from '../canary-interrupt.ts';
import { canaryWish } from '../canary-options.ts';
import { canaryPlan } from '../canary-plan.ts';
import { canaryReport, canaryView } from '../canary-report.ts';
import { isNobodyPromoting, RecordingClient, runCanary } from '../canary-run.ts';
import { runningService } from '../canary-service.ts';
import { type CommandDefinition, OUTPUT_OPTION } from '../command.ts';
import { caller } from '../controller-client.ts';
import { STATE_OPTION } from '../ledger-view.ts';

export const canary: CommandDefinition = {
  name: 'canary',
  summary: 'put a candidate beside what is stable, and promote it or take it back by evidence',
  operands: [],
  options: [
    {
      flags: '--candidate <command>',
      summary: 'starts the candidate, with {port} or $PORT; or the http:// address where it runs',
      required: true,
    },
    {
      flags: '--stable <command>',
      summary: 'the same of what is stable; of a known service: as it is',
    },
    { flags: '--listen <address>', summary: 'the door, for a new service: HOST:PORT, or :PORT' },
    {
      flags: '--load <load>',
      summary: 'requests to be made, such as "200rps /path"; else live ones',
    },
    { flags: '--health <path>', summary: 'a 2xx answer there is healthy; else a connection is' },
    { flags: '--name <name>', summary: 'name of the service', default: 'canary' },
    {
      flags: '--weight <percent>',
      summary: 'of the candidate; 5,25,50: first and then',
      default: '10',
    },
    {
      flags: '--for <duration>',
      summary: 'how long the first share is judged at least',
      default: '1m',
    },
    { flags: '--interval <duration>', summary: 'length of a measured interval; else 1s' },
    { flags: '--stable-version <version>', summary: 'what stable is called; else 1.0.0' },
    { flags: '--candidate-version <version>', summary: 'X.Y.Z; else the next minor version' },
    { flags: '--cwd <folder>', summary: 'where the commands run; else here', completes: 'folder' },
    { flags: '--env <pair>', summary: 'NAME=VALUE, added to their environment', repeats: true },
    { flags: '--health-deadline <duration>', summary: 'to become healthy; else 30s' },
    { flags: '--by <name>', summary: 'who asks for it; else the name of your account' },
    { flags: '--down', summary: 'stop the service when the promotion has ended' },
    STATE_OPTION,
    OUTPUT_OPTION,
  ],
  example:
    "auroractl canary --stable 'node v1.js' --candidate 'node v2.js' --listen :8080 --load '200rps /'",
  exits:
    '0 promoted, 1 rolled back, 2 a wrong word, 4 another one is under way, 5 it cannot be now',
  run: async (context, args) => {
    const wish = canaryWish(args);
    if (!wish.ok) return context.fail(wish.problem);
    const { name } = wish.value;
    const state = args.text('state') ?? '';
    const services = await servicesOf(state);
    const client = new RecordingClient(state);
    if (services.definition(name).ok) {
      const free = await isNobodyPromoting(client, name);
      if (!free.ok) return context.fail(free.problem);
    }
    const listening = onInterrupt(context, name);
    const service = await runningService(context, services, args, wish.value);
    if (!service.ok) return context.fail(service.problem);
    context.note(`${name} ${service.value.stable.version} answers at http://${service.value.door}`);
    const plan = canaryPlan(state, wish.value, service.value);
    if (!plan.ok) {
      await service.value.undo();
      return context.fail(plan.problem);
    }
    listening.end();
    const isQuiet = args.text('output') !== 'table';
    const asked = {
      plan: plan.value,
      service: service.value,
      by: caller(args.text('by')),
      isQuiet,
    };
    const ran = await runCanary(context, services, client, asked);
    if (!ran.ok) {
      context.note(`${name} goes on as it is; to end it: auroractl service stop ${name}`);
      return context.fail(ran.problem);
    }
    const { code, end } = ran.value;
    // Nobody looks on any more: it goes on, and nothing of it is stopped.
    if (end.view.outcome === null) return code;
    const stopped = args.flag('down') ? await services.stop(name) : null;
    if (stopped?.ok === false) context.fail(stopped.problem);
    const isDown = stopped?.ok === true;
    if (end.neverUp !== null) context.fail(end.neverUp);
    if (isQuiet) await context.print(canaryView({ ...end, isDown }), args.text('output'));
    else context.printText(canaryReport({ ...end, isDown }));
    return code;
  },
};
