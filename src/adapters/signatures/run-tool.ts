import { spawn } from 'node:child_process';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';

export interface ToolCall {
  program: 'gpg' | 'ssh-keygen';
  /** Never a secret: every user of the machine can read them. */
  words: readonly string[];
  input: Uint8Array;
  deadlineMs: number;
  /** Beside PATH, HOME and what reaches the person's agents. */
  env?: Readonly<Record<string, string>>;
}

export interface ToolAnswer {
  code: number;
  out: Uint8Array;
  err: string;
}

/** The person's agents hold the keys and ask for passphrases themselves. */
const PASSED_ON: readonly string[] = [
  ...['PATH', 'HOME', 'LD_LIBRARY_PATH', 'GNUPGHOME', 'SSH_AUTH_SOCK', 'SSH_ASKPASS'],
  ...['SSH_ASKPASS_REQUIRE', 'DISPLAY', 'WAYLAND_DISPLAY', 'XDG_RUNTIME_DIR', 'GPG_TTY', 'TERM'],
];
const PACKAGES = { gpg: 'gnupg', 'ssh-keygen': 'openssh-client' } as const;
const OUTPUT_BYTES_MAX = 1_048_576;
const KILL_AFTER_MS = 2_000;

/**
 * Runs a program to its end, whatever its exit code. `unavailable` where it is not there, does not
 * end before its deadline (it is then ended), or writes without end.
 */
export function runTool(call: ToolCall): Promise<Result<ToolAnswer>> {
  const { program, words, input, deadlineMs } = call;
  const child = spawn(program, [...words], { env: environment(call.env), stdio: 'pipe' });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  let bytes = 0;
  let why: string | null = null;
  const end = (reason: string): void => {
    why ??= reason;
    child.kill('SIGTERM');
    setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS).unref();
  };
  const keep = (into: Buffer[]) => (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > OUTPUT_BYTES_MAX) end('wrote more than 1 MiB');
    else into.push(chunk);
  };
  child.stdout.on('data', keep(out));
  child.stderr.on('data', keep(err));
  // A program that ends without reading its input is judged by what it wrote.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const timer = setTimeout(() => end(`did not end within ${deadlineMs} ms`), deadlineMs);
  return new Promise((resolve) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const isMissing = error.code === 'ENOENT';
      const message = isMissing ? `there is no ${program} program` : `${program}: ${error.code}`;
      const hint = `install it: Debian's package is ${PACKAGES[program]}`;
      resolve(fail(problem('unavailable', message, isMissing ? hint : undefined)));
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      const hint = 'does its agent wait for a passphrase, or a token for a touch?';
      if (why !== null) return resolve(fail(problem('unavailable', `${program} ${why}`, hint)));
      const text = Buffer.concat(err).toString('utf8');
      resolve(ok({ code: code ?? -1, out: new Uint8Array(Buffer.concat(out)), err: text }));
    });
  });
}

/** The last line that a program said of its failure. */
export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}

function environment(more: ToolCall['env']): Record<string, string> {
  const passed = PASSED_ON.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return { ...Object.fromEntries(passed), LC_ALL: 'C', ...more };
}
