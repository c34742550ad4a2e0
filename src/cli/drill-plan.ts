import { formatDuration } from '../base/duration.ts';
import type { DrillBackup } from './drill-backup.ts';

export interface DrillPlanOptions {
  /** rollback, failover or halt: a part of the plan's name. */
  kind: string;
  service: string;
  /** What is stable now. */
  stableVersion: string;
  backup: DrillBackup;
  /** The backup's share: 100 in a failover. */
  weightPct: number;
  /** How long the share is to stand before the order to go back. */
  holdMs: number;
  /** Requests that are made meanwhile; null: its users' own. */
  load: string | null;
  /** What the service counts in. */
  intervalMs: number;
}

const MINUTE_MS = 60_000;
const INTERVAL_MS_MIN = 1_000;
/** A busy machine lets a controller wait: a late renewal would be a rollback that nobody drilled. */
const LOSS_MS_MIN = 15_000;
const LOSS_INTERVALS = 3;
/** Should whoever drills be gone: so long after the hold it goes back by itself. */
const SPARE_MS = 5 * MINUTE_MS;
/** No release reaches it: nobody takes a drill's backup for a candidate that was real. */
const DRILL_NUMBER = 999_999;
/** The keeper's limit for a version is 128 characters. */
const VERSION_LENGTH_MAX = 100;

/**
 * A plan under which a second instance of what is stable takes a share and waits there to be sent
 * back. It cannot promote: it is for a rehearsal, and it ends by itself.
 */
export function drillPlan(options: DrillPlanOptions): string {
  const { kind, service, stableVersion, backup, weightPct, holdMs } = options;
  const intervalMs = planInterval(options.intervalMs);
  const { version, candidate } = drillVersions(stableVersion);
  const waitMs = Math.max(holdMs + SPARE_MS, intervalMs);
  const lossMs = Math.max(LOSS_INTERVALS * intervalMs, LOSS_MS_MIN);
  const lines = [
    `# A drill of ${kind}: a second instance of ${stableVersion}, at ${weightPct} %, until it is told to go back.`,
    'apiVersion: aurora/v1',
    'kind: Plan',
    `name: ${kind}-drill`,
    `service: ${service}`,
    'release:',
    `  version: ${quoted(version)}`,
    `  candidate: ${quoted(candidate)}`,
    `  command: ${quoted(backup.command)}`,
    ...artifactLines(backup),
    `interval: ${formatDuration(intervalMs)}`,
    `controllerLoss: ${formatDuration(lossMs)}`,
    'decision: none',
    ...(options.load === null ? [] : [`load: ${quoted(options.load)}`]),
    'metrics:',
    '  errors: {kind: rate}',
    'triggers:',
    `  backup-down: down for ${formatDuration(LOSS_INTERVALS * intervalMs)}`,
    'phases:',
    '  - kind: rollout',
    `    steps: ["${weightPct}% for ${formatDuration(waitMs)}"]`,
    `    deadline: ${formatDuration(2 * waitMs + SPARE_MS)}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** A stable that is called as no plan can call it is named behind 0.0.0. */
export function drillVersions(stableVersion: string): { version: string; candidate: string } {
  const isPlain = /^\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/.test(stableVersion);
  const named = `0.0.0-${stableVersion.replace(/[^0-9A-Za-z.-]/g, '-')}`;
  const version = (isPlain ? stableVersion : named).slice(0, VERSION_LENGTH_MAX);
  return { version, candidate: `${version}-rc.${DRILL_NUMBER}` };
}

/** A plan's is a multiple of its service's, and not below a second. */
function planInterval(serviceMs: number): number {
  return Math.ceil(INTERVAL_MS_MIN / serviceMs) * serviceMs;
}

function artifactLines({ artifacts }: DrillBackup): string[] {
  if (artifacts.length === 0) return [];
  return [
    '  artifacts:',
    ...artifacts.map(({ name, sha256 }) => `    - {name: ${quoted(name)}, sha256: "${sha256}"}`),
  ];
}

/** Any text as a YAML scalar on one line; a shell's `${NAME}` is no argument of the plan. */
function quoted(text: string): string {
  return JSON.stringify(text.replace(/\$\{[^}]{0,64}\}/g, (use) => `$${use}`));
}
