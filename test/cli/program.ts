import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');
export const BIN = join(ROOT, 'bin/auroractl.js');

export interface Outcome {
  code: number | null;
  out: string;
  err: string;
}

/** A folder of its own for one test, and the real program in it. */
export interface Bench {
  folder: string;
  path(name: string): string;
  run(...words: string[]): Outcome;
  runWith(env: Record<string, string>, ...words: string[]): Outcome;
  /** Ends it by SIGTERM after so long: for what runs until it is ended. */
  runFor(ms: number, ...words: string[]): Outcome;
  /** Every file below the folder, sorted. */
  files(): string[];
  remove(): void;
}

/** With copies of the repository's folders named (`profiles`, `plans`). */
export function bench(...copied: string[]): Bench {
  refuseStaleBuild();
  const folder = mkdtempSync(join(tmpdir(), 'aurora-cli-'));
  for (const name of copied) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  const cache = join(tmpdir(), 'aurora-cli-cache');
  mkdirSync(cache, { recursive: true });
  const runIn = (
    env: Record<string, string>,
    words: readonly string[],
    timeout?: number,
  ): Outcome => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...words], {
      cwd: folder,
      encoding: 'utf8',
      timeout,
      // Nothing of the caller's environment gets in.
      env: { PATH: process.env.PATH ?? '', XDG_CACHE_HOME: cache, ...env },
    });
    return { code: status, out: stdout, err: stderr };
  };
  return {
    folder,
    path: (name) => join(folder, name),
    run: (...words) => runIn({}, words),
    runWith: (env, ...words) => runIn(env, words),
    runFor: (ms, ...words) => runIn({}, words, ms),
    files: () =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => statSync(join(folder, name)).isFile())
        .sort(),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The program prefers dist/: a build older than the sources would test what is no longer there. */
function refuseStaleBuild(): void {
  const built = join(ROOT, 'dist/cli/main.cjs');
  if (!existsSync(built)) return;
  const builtMs = statSync(built).mtimeMs;
  const newer = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .find((name) => statSync(join(ROOT, 'src', name)).mtimeMs > builtMs);
  if (newer !== undefined) {
    throw new Error(`dist/ is older than src/${newer}: make build, or remove dist/`);
  }
}
