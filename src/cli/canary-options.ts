import { DURATION_FORM, formatDuration, parseDuration } from '../base/duration.ts';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { parseTrackAddress } from '../base/track-address.ts';
import { LOAD_FORM, parseLoad } from '../core/plan/grammar/small.ts';
import type { Load } from '../core/plan/plan.ts';
import type { ServiceDefinition } from '../protocol/service.ts';
import type { CommandArgs } from './command.ts';
import { serviceDefinition } from './service-definition.ts';

/** What the words of `canary` ask for, apart from what the service is. */
export interface CanaryWish {
  name: string;
  /** null: what is stable now. */
  stable: string | null;
  candidate: string;
  weightsPct: readonly number[];
  canaryMs: number;
  load: Load | null;
  stableVersion: string | null;
  /** `1.2.0`, or `1.2.0-rc.3`; null: the next minor version of stable. */
  candidateVersion: string | null;
}

/** What is both a service's name and a plan's; it becomes a folder, so nothing that leads elsewhere. */
const NAME = /^(?=.{1,63}$)[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

/** `usage` names the word that is off. */
export function canaryWish(args: CommandArgs): Result<CanaryWish> {
  const name = args.text('name') ?? '';
  if (!NAME.test(name)) return wrong('--name', 'small letters, digits and single dashes', name);
  const weights = parseWeights(args.text('weight') ?? '');
  if (!weights.ok) return weights;
  const text = args.text('for') ?? '';
  const canaryMs = parseDuration(text);
  if (canaryMs === null || canaryMs < 1) return wrong('--for', DURATION_FORM, text);
  const loadText = args.text('load');
  const load = loadText === null ? null : parseLoad(loadText);
  if (loadText !== null && load === null) return wrong('--load', LOAD_FORM, loadText);
  const [stable, candidate] = [args.text('stable'), args.text('candidate') ?? ''];
  for (const command of [stable, candidate]) {
    const address = command === null ? null : parseTrackAddress(command);
    if (address?.ok === false) return address;
  }
  return ok({
    ...{ name, stable, candidate, weightsPct: weights.value, canaryMs, load },
    stableVersion: args.text('stable-version'),
    candidateVersion: args.text('candidate-version'),
  });
}

/** The service as the words describe it; what they leave open is as it is by default. */
export function newDefinition(args: CommandArgs, stable: string): Result<ServiceDefinition> {
  const { listen, ...usual } = { listen: args.text('listen'), ...DEFAULTS };
  if (listen === null) {
    const hint = 'such as --listen :8080, the address that its users will know';
    return fail(problem('usage', 'a new service needs a door: --listen HOST:PORT', hint));
  }
  const version = args.text('stable-version') ?? FIRST_VERSION;
  return describe(args, { ...usual, listen, command: stable, stable: version }, []);
}

const FIRST_VERSION = '1.0.0';
const DEFAULTS = { cwd: '.', interval: '1s', 'health-deadline': '30s', grace: '10s' };

/** What of a known service the words contradict, as flags; empty: nothing. */
export function contradictions(
  args: CommandArgs,
  known: ServiceDefinition,
): Result<readonly string[]> {
  const { traffic, workload } = known;
  const host = traffic.host.includes(':') ? `[${traffic.host}]` : traffic.host;
  const asKnown = {
    listen: `${host}:${traffic.port}`,
    command: workload.command,
    stable: known.version,
    cwd: workload.cwd,
    interval: formatDuration(traffic.intervalMs),
    'health-deadline': formatDuration(workload.healthDeadlineMs),
    grace: formatDuration(workload.stopGraceMs),
    ...(workload.healthPath === null ? {} : { health: workload.healthPath }),
  };
  const env = Object.entries(workload.env).map(([name, value]) => `${name}=${value}`);
  const wanted = describe(args, asKnown, env);
  if (!wanted.ok) return wanted;
  const { traffic: door, workload: work } = wanted.value;
  const differ: readonly (readonly [string, unknown, unknown])[] = [
    ['--listen', [door.host, door.port], [traffic.host, traffic.port]],
    ['--interval', door.intervalMs, traffic.intervalMs],
    ['--cwd', work.cwd, workload.cwd],
    ['--env', work.env, workload.env],
    ['--health', work.healthPath, workload.healthPath],
    ['--health-deadline', work.healthDeadlineMs, workload.healthDeadlineMs],
  ];
  const isOther = ([, one, other]: (typeof differ)[number]): boolean =>
    JSON.stringify(one) !== JSON.stringify(other);
  return ok(differ.filter(isOther).map(([flag]) => flag));
}

/** As `service add` reads it; a word that was given counts before what is `otherwise` so. */
function describe(
  args: CommandArgs,
  otherwise: Readonly<Record<string, string>>,
  env: readonly string[],
): Result<ServiceDefinition> {
  const given = args.texts('env');
  // Here --stable is a command and --name a word; there a version and an operand.
  const own = new Set(['stable', 'command', 'grace']);
  return serviceDefinition({
    operands: [args.text('name') ?? ''],
    flag: () => false,
    text: (name) => {
      const said = own.has(name) ? null : args.text(name);
      return said ?? otherwise[name] ?? FIXED[name] ?? null;
    },
    texts: (name) => (name === 'env' ? (given.length > 0 ? given : env) : []),
  });
}

const FIXED: Readonly<Record<string, string>> = { mode: 'http', mirror: '0' };

function parseWeights(text: string): Result<readonly number[]> {
  const weights = text.split(',').map((part) => Number(part.trim() || Number.NaN));
  const isRising = weights.every((pct, i) => pct > (weights[i - 1] ?? 0) && pct < 100);
  if (isRising) return ok(weights);
  return wrong('--weight', 'percent above 0 and below 100, rising, such as 10 or 5,25,50', text);
}

function wrong(flag: string, expected: string, found: string): Result<never> {
  return fail(problem('usage', `expected ${expected} as ${flag}, found ${JSON.stringify(found)}`));
}
