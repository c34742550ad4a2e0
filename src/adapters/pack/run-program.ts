import { spawn } from 'node:child_process';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';

/** People type a passphrase, or touch a token, while it runs. */
const DEADLINE_MS = 120_000;
const OUTPUT_BYTES_MAX = 1_048_576;

/** What a signing program said. Its exit code alone is believed by nobody. */
export interface Ran {
  code: number | null;
  out: Uint8Array;
  err: string;
}

/** Runs gpg or ssh-keygen in the caller's environment: its agents hold the keys. */
export function runProgram(
  program: string,
  words: readonly string[],
  input: Uint8Array | null = null,
): Promise<Result<Ran>> {
  return new Promise((resolve) => {
    const child = spawn(program, [...words], { timeout: DEADLINE_MS, killSignal: 'SIGKILL' });
    const out: Uint8Array[] = [];
    const err: Uint8Array[] = [];
    let bytes = 0;
    const collect = (into: Uint8Array[]) => (chunk: Uint8Array) => {
      bytes += chunk.length;
      if (bytes <= OUTPUT_BYTES_MAX) into.push(chunk);
      else child.kill('SIGKILL');
    };
    child.stdout.on('data', collect(out));
    child.stderr.on('data', collect(err));
    // It may end before it has read everything: its exit and its words say why.
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => {
      const message = `${program} can't be run: ${error.message}`;
      resolve(fail(problem('unavailable', message, `install ${program}`)));
    });
    child.on('close', (code) => {
      const text = new TextDecoder().decode(Buffer.concat(err));
      resolve(ok({ code, out: new Uint8Array(Buffer.concat(out)), err: text }));
    });
    child.stdin.end(input ?? new Uint8Array());
  });
}

/** The last words of a program that failed. */
export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
