import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { newKeyFile } from '../app.ts';
import { formatDuration } from '../base/duration.ts';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { formatFinding, parsePlan } from '../core/plan/check-plan.ts';
import { writeText } from './files.ts';
import type { InitPlan } from './init-plan.ts';
import { ed25519ToSpki } from './spki.ts';
import { type StarterOptions, starterPlan } from './starter-plan.ts';

export interface Written {
  files: readonly { path: string; what: string }[];
  /** What a person types next, in this order. */
  commands: readonly string[];
}

const ROLES = ['release-manager', 'sre-lead'] as const;
const IGNORED = ['keys/', '.aurora/'];

/**
 * The plan, a key a person, and what version control is to leave alone. `conflict` where a plan or a
 * key is there already; a plan that would not be sound leaves nothing behind.
 */
export async function initFiles(wanted: InitPlan): Promise<Result<Written>> {
  const { folder, plan } = wanted;
  const at = {
    plan: join(folder, 'plan.yaml'),
    keys: join(folder, 'keys'),
    ignored: join(folder, '.gitignore'),
  };
  const keyOf = (role: string): string => join(at.keys, `${role}-1.pem`);
  for (const path of [at.plan, ...ROLES.map(keyOf)]) {
    if (!existsSync(path)) continue;
    const hint = 'nothing is replaced: move it away, or give another --folder';
    return fail(problem('conflict', `${path} is there already`, hint));
  }
  const hadKeys = existsSync(at.keys);
  mkdirSync(at.keys, { recursive: true, mode: 0o700 });
  const signers: { person: string; role: string; publicKey: string }[] = [];
  const undo = (): void => {
    for (const { person } of signers) rmSync(join(at.keys, `${person}.pem`), { force: true });
    if (!hadKeys) rmSync(at.keys, { recursive: true, force: true });
  };
  for (const role of ROLES) {
    const made = await newKeyFile(keyOf(role));
    if (!made.ok) {
      undo();
      return made;
    }
    signers.push({ person: `${role}-1`, role, publicKey: ed25519ToSpki(made.value.publicKey()) });
  }
  const written = writeSound(at.plan, { ...plan, signers });
  if (!written.ok) {
    undo();
    return written;
  }
  ignore(at.ignored);
  return ok({
    files: [
      { path: at.plan, what: 'what the release must show; each line is explained in it' },
      ...ROLES.map((role) => ({
        path: keyOf(role),
        what: `private key of ${role}-1; give it to that person alone`,
      })),
      { path: at.ignored, what: `leaves ${IGNORED.join(' and ')} out of version control` },
    ],
    commands: commandsOf(wanted, at.plan, keyOf),
  });
}

function writeSound(path: string, options: StarterOptions): Result<void> {
  const text = starterPlan(options);
  const { plan, findings } = parsePlan(path, text, {});
  if (plan !== null) return writeText(path, text);
  const errors = findings.filter(({ level }) => level === 'error').map(formatFinding);
  return fail(problem('usage', ['no sound plan comes of these words', ...errors].join('\n')));
}

/** What is there stays as it is; only what it lacks is added. */
function ignore(path: string): void {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const known = new Set(text.split('\n').map((line) => line.trim()));
  const missing = IGNORED.filter((line) => !known.has(line) && !known.has(`/${line}`));
  const gap = text === '' || text.endsWith('\n') ? '' : '\n';
  if (missing.length > 0) appendFileSync(path, `${gap}${missing.join('\n')}\n`);
}

function commandsOf(
  { folder, stableCommand, stableVersion, listen, plan }: InitPlan,
  planPath: string,
  keyOf: (role: string) => string,
): string[] {
  const { service } = plan;
  const interval = formatDuration(plan.intervalMs);
  const where = folder === '.' ? '' : ` --cwd ${shellWord(folder)}`;
  const add = `--command ${shellWord(stableCommand)} --stable ${stableVersion} --listen ${listen}`;
  return [
    `auroractl service add ${service} ${add} --interval ${interval}${where}`,
    `auroractl service start ${service}`,
    `auroractl promote ${shellWord(planPath)} -w`,
    ...ROLES.map((role) => {
      return `auroractl sign --key ${shellWord(keyOf(role))} --role ${role} --as ${role}-1`;
    }),
  ];
}

/** As a shell reads it back: POSIX quoting. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
