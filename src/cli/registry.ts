import type { CommandDefinition } from './command.ts';
import { version } from './commands/version.ts';
import { LEDGER_COMMANDS } from './registry-ledger.ts';

/**
 * Every command by its words, in the order of the help. Only what the help needs stands here: a
 * command's module is loaded when it is called. `version` is smaller than a look for its file.
 */
export const COMMANDS: readonly RegistryEntry[] = [
  {
    name: 'canary',
    summary: 'put a candidate beside what is stable, and promote it or take it back by evidence',
    load: async () => (await import('./commands/canary.ts')).canary,
  },
  {
    name: 'init',
    summary: 'write a plan with signatures, keys for two people, and say how to go on',
    load: async () => (await import('./commands/init.ts')).init,
  },
  {
    name: 'demo',
    summary: 'see it work: four real promotions on this machine, in two minutes',
    load: async () => (await import('./commands/demo.ts')).demo,
  },
  {
    name: 'lock',
    summary: 'lock profiles, or check them against their locks',
    load: async () => (await import('./commands/lock.ts')).lock,
  },
  {
    name: 'diff',
    summary: 'show the keys in which two profiles differ',
    load: async () => (await import('./commands/diff.ts')).diff,
  },
  {
    name: 'validate',
    summary: 'check every profile, and that r2 is stricter than smoke',
    load: async () => (await import('./commands/validate.ts')).validate,
  },
  {
    name: 'plan check',
    summary: 'report every error of plans with file, line and column',
    load: async () => (await import('./commands/plan-check.ts')).planCheck,
  },
  {
    name: 'plan show',
    summary: 'print a resolved plan, every default written out',
    load: async () => (await import('./commands/plan-show.ts')).planShow,
  },
  {
    name: 'plan test',
    summary: 'run scenarios against plans: evidence, and what must follow from it',
    load: async () => (await import('./commands/plan-test.ts')).planTest,
  },
  {
    name: 'judge',
    summary: 'judge intervals of two tracks from a file or of a promotion, as it is judged',
    load: async () => (await import('./commands/judge.ts')).judge,
  },
  {
    name: 'plan lock',
    summary: 'lock resolved plans, or check them against their locks',
    load: async () => (await import('./commands/plan-lock.ts')).planLock,
  },
  {
    name: 'promote',
    summary: 'carry a release from candidate to GA under a plan',
    load: async () => (await import('./commands/promote.ts')).promote,
  },
  {
    name: 'rehearse',
    summary: 'go a whole plan in minutes, on scaled time; it never counts, and ends back at stable',
    load: async () => (await import('./commands/rehearse.ts')).rehearse,
  },
  {
    name: 'list',
    summary: 'list active promotions',
    load: async () => (await import('./commands/list.ts')).list,
  },
  {
    name: 'status',
    summary: 'show a promotion: phase, gates, checks, numbers, what it waits for',
    load: async () => (await import('./commands/status.ts')).status,
  },
  {
    name: 'history',
    summary: 'list promotions that have ended, the last one first',
    load: async () => (await import('./commands/history.ts')).history,
  },
  {
    name: 'explain',
    summary: 'say what a promotion waits for, and what helps',
    load: async () => (await import('./commands/explain.ts')).explain,
  },
  {
    name: 'checklist',
    summary: 'print the release checklist of a promotion, filled from the ledger',
    load: async () => (await import('./commands/checklist.ts')).checklist,
  },
  {
    name: 'pack',
    summary: 'write all evidence of a promotion into one archive that a stranger can verify',
    load: async () => (await import('./commands/pack.ts')).pack,
  },
  {
    name: 'logs',
    summary: 'print what the tracks of a promotion wrote, or the controller itself',
    load: async () => (await import('./commands/logs.ts')).logs,
  },
  {
    name: 'pause',
    summary: 'stand still: nothing goes forward, what turns back still does',
    load: async () => (await import('./commands/pause.ts')).pause,
  },
  {
    name: 'resume',
    summary: 'go on after a pause',
    load: async () => (await import('./commands/resume.ts')).resume,
  },
  {
    name: 'retry',
    summary: 'try again what failed and stands still',
    load: async () => (await import('./commands/retry.ts')).retry,
  },
  {
    name: 'abort',
    summary: 'give up: all traffic back to stable, the candidate is stopped',
    load: async () => (await import('./commands/abort.ts')).abort,
  },
  {
    name: 'rollback',
    summary: 'go back now: all traffic to stable',
    load: async () => (await import('./commands/rollback.ts')).rollback,
  },
  {
    name: 'halt',
    summary: 'go back at once, even to a stable that is down',
    load: async () => (await import('./commands/halt.ts')).halt,
  },
  {
    name: 'drill',
    summary:
      'rehearse a way back with a second instance of stable, or a restore, timed and recorded',
    load: async () => (await import('./commands/drill.ts')).drill,
  },
  {
    name: 'sign',
    summary: 'sign the open decision request of a promotion, for or against it',
    load: async () => (await import('./commands/sign.ts')).sign,
  },
  {
    name: 'service add',
    summary: 'say what a service is: its door, its command, its stable version',
    load: async () => (await import('./commands/service-add.ts')).serviceAdd,
  },
  {
    name: 'service list',
    summary: 'list services with their door, what is stable, and what runs',
    load: async () => (await import('./commands/service-list.ts')).serviceList,
  },
  {
    name: 'service start',
    summary: 'start services: splitter and stable, as they were; all of them where none is named',
    load: async () => (await import('./commands/service-start.ts')).serviceStart,
  },
  {
    name: 'service stop',
    summary: 'stop services: door, tracks and keeper; they can be started again as they were',
    load: async () => (await import('./commands/service-stop.ts')).serviceStop,
  },
  {
    name: 'service logs',
    summary: "print what a service's processes wrote",
    load: async () => (await import('./commands/service-logs.ts')).serviceLogs,
  },
  {
    name: 'controller status',
    summary: 'say whether a controller runs, since when, and where its metrics are',
    load: async () => (await import('./commands/controller-status.ts')).controllerStatus,
  },
  {
    name: 'controller start',
    summary: 'start the controller, which resumes what is active; one that runs goes on',
    load: async () => (await import('./commands/controller-start.ts')).controllerStart,
  },
  {
    name: 'controller stop',
    summary: 'stop the controller: promotions stand still until it is started again',
    load: async () => (await import('./commands/controller-stop.ts')).controllerStop,
  },
  ...LEDGER_COMMANDS,
  {
    name: 'keys new',
    summary: 'make a signing key for a person of a plan',
    load: async () => (await import('./commands/keys-new.ts')).keysNew,
  },
  {
    name: 'statement',
    summary:
      'write what can be said of a decision as in-toto statements, signed where a key is named',
    load: async () => (await import('./commands/statement.ts')).statement,
  },
  {
    name: 'slo report',
    summary: 'say of each objective of a plan whether a time met it, from recorded intervals',
    load: async () => (await import('./commands/slo-report.ts')).sloReport,
  },
  {
    name: 'timestamp',
    summary: 'have a file timestamped by authorities of different operators (RFC 3161)',
    load: async () => (await import('./commands/timestamp.ts')).timestamp,
  },
  {
    name: 'tsa check',
    summary: 'ask every timestamp authority for a timestamp now, and verify all of it',
    load: async () => (await import('./commands/tsa-check.ts')).tsaCheck,
  },
  {
    name: 'tsa serve',
    summary: 'run a timestamp authority of this machine, for tests and work without a network',
    load: async () => (await import('./commands/tsa-serve.ts')).tsaServe,
  },
  {
    name: 'config view',
    summary: 'show every setting, its value, and who gave it',
    load: async () => (await import('./commands/config-view.ts')).configView,
  },
  {
    name: 'completion',
    summary: 'print the completion script of a shell',
    load: async () => (await import('./commands/completion.ts')).completion,
  },
  {
    name: 'version',
    summary: 'print the version',
    load: async () => version,
  },
];

export interface RegistryEntry {
  name: string;
  summary: string;
  load(): Promise<CommandDefinition>;
}

/** What `plan`, `ledger` and `keys` are, for the help. */
export const GROUPS: Readonly<Record<string, string>> = {
  plan: 'plans: what a release must show',
  service: 'services: what is promoted',
  controller: 'the process that decides and records',
  ledger: 'the ledger: what was decided and done',
  keys: 'signing keys',
  slo: 'service level objectives',
  tsa: 'timestamp authorities',
  config: 'settings and where they come from',
};
