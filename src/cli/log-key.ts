import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { OptionDefinition } from './command.ts';
import { readText } from './files.ts';

export const VKEY_OPTION: OptionDefinition = {
  flags: '--vkey <key>',
  summary: "the log's public key or a file with it; else the state directory's own",
  completes: 'file',
};

/** The log's public key as one line: as given, of the file given, else of the file beside the ledger. */
export function logKey(given: string | null, ownPath: string): Result<string> {
  // A vkey is name+id+key; a file's name has no two plus signs and no base64 behind them.
  if (given !== null && /^[^+\s]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$/.test(given)) return ok(given);
  const text = readText(given ?? ownPath);
  if (text.ok) return ok(text.value.trim());
  if (given !== null) return text;
  const hint = "give the log's public key: --vkey KEY or --vkey FILE";
  return fail(problem('usage', `no key to verify with: ${text.problem.message}`, hint));
}
