import { execFile } from 'node:child_process';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';

const DEADLINE_MS = 30_000;
/** Nothing of the caller's openssl settings, nor anything else of its environment, plays a part. */
const ENVIRONMENT: readonly string[] = ['PATH', 'LD_LIBRARY_PATH'];

/** Runs the openssl program in a folder. `unavailable` with its last words where it fails or is not there. */
export function openssl(folder: string, words: readonly string[]): Promise<Result<void>> {
  const env = Object.fromEntries(
    ENVIRONMENT.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const options = {
    cwd: folder,
    timeout: DEADLINE_MS,
    killSignal: 'SIGKILL' as const,
    env: { ...env, OPENSSL_CONF: '/dev/null', LC_ALL: 'C' },
  };
  return new Promise((resolve) => {
    execFile('openssl', [...words], options, (error, _out, err) => {
      if (error === null) return resolve(ok(undefined));
      if (error.code === 'ENOENT') {
        const hint = "install it: Debian's package is openssl";
        return resolve(fail(problem('unavailable', 'there is no openssl program', hint)));
      }
      const last = err.trim().split('\n').at(-1) ?? '';
      resolve(fail(problem('unavailable', `openssl ${words[0] ?? ''} failed: ${last}`)));
    });
  });
}
