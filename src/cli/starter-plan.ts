import { formatDuration } from '../base/duration.ts';
import type { Load } from '../core/plan/plan.ts';

export interface StarterOptions {
  service: string;
  /** What is stable now; only told to the reader. */
  stable: string;
  /** The GA version, and the candidate for it: `1.1.0` and `1.1.0-rc.1`. */
  version: string;
  candidate: string;
  /** Starts the candidate, or the address at which it runs already. */
  command: string;
  artifacts: readonly { name: string; sha256: string }[];
  /** A multiple of the service's own interval. */
  intervalMs: number;
  /** Rising, above 0 and below 100: of the canary first, then of the steps before 100 %. */
  weightsPct: readonly number[];
  canaryMs: number;
  load: Load | null;
  /** Who has to sign before all traffic goes to the candidate; empty: nobody, and it is never GA. */
  signers: readonly { person: string; role: string; publicKey: string }[];
}

const MINUTE_MS = 60_000;
/** A busy laptop lets a controller wait: a late renewal would send everything back. */
const LOSS_MS_MIN = 15_000;
const DEADLINE_MS_MIN = 30 * MINUTE_MS;
/** A step that is shorter than this tells nothing. */
const HOLD_INTERVALS_MIN = 3;

/** A whole plan as text, each line explained: a canary that is judged, then a rollout, then a watch. */
export function starterPlan(options: StarterOptions): string {
  const { signers } = options;
  const sections = [
    head(options),
    release(options),
    rhythm(options),
    ...(signers.length === 0 ? [] : [people(signers)]),
    measured(options),
    ...(signers.length === 0 ? [] : [gate(options)]),
    phases(options),
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function head({ service, stable, candidate, signers }: StarterOptions): string[] {
  const ends =
    signers.length === 0
      ? '# Nobody signs, so what comes out is promoted but never called GA.'
      : '# 100 % only after people have signed; then it is GA.';
  return [
    `# What ${service} ${candidate} must show before it takes the place of ${stable}.`,
    ends,
    '# Try changes: auroractl plan check FILE. Every default: auroractl plan show FILE.',
    'apiVersion: aurora/v1',
    'kind: Plan',
    `name: ${service}`,
    `service: ${service} # its users know one address, the door, and notice nothing`,
  ];
}

function release({ version, candidate, command, artifacts }: StarterOptions): string[] {
  return [
    'release:',
    `  version: ${quoted(version)} # what it is called once it is stable`,
    `  candidate: ${quoted(candidate)} # what it is called until then`,
    '  # How the candidate is started; {port} and $PORT are filled in. An http:// address: it runs already.',
    `  command: ${quoted(command)}`,
    ...(artifacts.length === 0
      ? []
      : [
          '  # The files that are released. Their digests are checked at each start, and signed.',
          '  artifacts:',
          ...artifacts.map(
            ({ name, sha256 }) => `    - {name: ${quoted(name)}, sha256: ${sha256}}`,
          ),
        ]),
  ];
}

function rhythm({ intervalMs, load, signers }: StarterOptions): string[] {
  const lossMs = Math.max(3 * intervalMs, LOSS_MS_MIN);
  return [
    `interval: ${formatDuration(intervalMs)} # both versions are measured and compared so often`,
    `# Nobody in control for so long: the candidate loses its share, by itself.`,
    `controllerLoss: ${formatDuration(lossMs)}`,
    ...(load === null
      ? []
      : [
          '# Requests that are made for the test, beside those of real users.',
          `load: ${quoted(`${load.ratePerSecond}rps ${load.path}`)}`,
        ]),
    signers.length === 0
      ? 'decision: none # nobody is asked before 100 %'
      : 'decision: signed # 100 % needs a decision that people have signed',
  ];
}

function people(signers: StarterOptions['signers']): string[] {
  const roles = new Map<string, string[]>();
  for (const { role, person } of signers) roles.set(role, [...(roles.get(role) ?? []), person]);
  return [
    '# Who may sign, with the public half of a key that nobody else has (auroractl keys new).',
    'people:',
    ...signers.map(({ person, publicKey }) => `  ${person}: ${publicKey}`),
    '# What they sign as. Put your own people in.',
    'roles:',
    ...[...roles].map(([role, persons]) => `  ${role}: [${persons.join(', ')}]`),
  ];
}

/** Margins that a canary of minutes can show; the judge's error budgets are its own. */
function measured({ intervalMs }: StarterOptions): string[] {
  return [
    '# What is compared, candidate against stable, where the traffic is split.',
    'metrics:',
    '  errors: # requests that failed: 5xx, no answer, broken off',
    '    kind: rate',
    '    marginAbsolute: 0.01 # not worse: less than 1 of 100 requests more fails',
    '  latency: # how long answers take to begin',
    '    kind: histogram',
    '    unit: ms',
    '    edges: [10, 25, 50, 100, 250, 500, 1000] # the shares above each of these are compared',
    '    marginRelative: 1 # not worse: at each edge less than twice as many are slow ...',
    '    marginAbsolute: 0.05 # ... or less than 5 of 100',
    '    relevanceFloor: 0.01 # one slow request is no reason to go back: 1 of 100 more is',
    '',
    'judge:',
    '  dispersion: assumed 1.5 # real traffic varies more than dice do',
    '',
    '# Rules that turn back at once, without any comparison.',
    'triggers:',
    `  many-errors: errors.rate > 50% for ${formatDuration(2 * intervalMs)}`,
    `  candidate-down: down for ${formatDuration(3 * intervalMs)}`,
  ];
}

function gate({ intervalMs }: StarterOptions): string[] {
  const window = formatDuration(HOLD_INTERVALS_MIN * intervalMs);
  return [
    '# What must hold while the candidate serves, and is shown to those who sign.',
    'gates:',
    '  health:',
    '    title: Service health',
    '    impact: HIGH # failing, it is a NO-GO',
    '    checks:',
    `      error-share: errors over ${window} <= 5%`,
    `      latency-p95: p95(latency) over ${window} <= 1000ms`,
  ];
}

function phases(options: StarterOptions): string[] {
  const { intervalMs, weightsPct, canaryMs, signers } = options;
  const [first = 0, ...more] = weightsPct;
  const shortestMs = HOLD_INTERVALS_MIN * intervalMs;
  const quarterMs = Math.floor(canaryMs / 4 / intervalMs) * intervalMs;
  const hold = formatDuration(Math.max(shortestMs, quarterMs));
  const deadline = formatDuration(Math.max(10 * canaryMs, DEADLINE_MS_MIN));
  const steps = [...more, 100].map((pct) => `${pct}% for ${hold}`).join(', ');
  const gates =
    signers.length === 0 ? [] : ['    gates: [health]', `    every: ${formatDuration(shortestMs)}`];
  const roles = [...new Set(signers.map(({ role }) => role))];
  return [
    'phases:',
    '  # A small share first. It ends when the time is over and the judge has seen enough to say',
    '  # "not worse"; should it see "worse", everything goes back to stable at once.',
    '  - kind: canary',
    `    weight: ${first} # percent of the requests`,
    `    duration: ${formatDuration(canaryMs)}`,
    `    deadline: ${deadline} # not enough seen by then: back to stable`,
    ...gates,
    ...(signers.length === 0
      ? []
      : [
          '',
          '  # A request that people sign: auroractl sign. It freezes what they sign.',
          '  - kind: decision',
          '    gates: [health]',
          `    signOffs: {${roles.map((role) => `${role}: 1`).join(', ')}}`,
          '    deadline: 24h # nobody has signed by then: back to stable',
        ]),
    '',
    '  # Step by step to everything; the same rules still turn back.',
    '  - kind: rollout',
    `    steps: [${steps}]`,
    `    deadline: ${deadline}`,
    ...gates,
    '',
    '  # All traffic is with the candidate, and stable still runs: the way back stays short.',
    '  - kind: watch',
    `    duration: ${hold}`,
    ...gates,
  ];
}

/** Any text as a YAML scalar on one line; what looks like an argument of the plan is none. */
function quoted(text: string): string {
  return JSON.stringify(text.replace(/\$\{[^}]{0,64}\}/g, (use) => `$${use}`));
}
