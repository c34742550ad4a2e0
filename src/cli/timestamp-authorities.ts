import { dirname, resolve } from 'node:path';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { parseAuthorities } from '../core/timestamp/authorities-file.ts';
import type { AuthorityDefinition } from '../core/timestamp/authority.ts';
import type { CommandArgs, OptionDefinition } from './command.ts';
import { readText } from './files.ts';

export const AUTHORITIES_OPTION: OptionDefinition = {
  flags: '--authorities <file>',
  summary: 'timestamp authorities, and what is accepted of each',
  default: 'timestamps.yaml',
  env: 'AURORA_TIMESTAMP_AUTHORITIES',
  completes: 'file',
};

/** The authorities of the file that was named, each with its certificates. */
export function authoritiesOf(args: CommandArgs): Result<AuthorityDefinition[]> {
  const path = args.text('authorities') ?? '';
  const text = readText(path);
  if (!text.ok) {
    const hint = 'name the authorities (docs/formats/timestamps.md): --authorities FILE';
    return fail(problem(text.problem.code, text.problem.message, text.problem.hint ?? hint));
  }
  const entries = parseAuthorities(text.value, path);
  if (!entries.ok) return entries;
  const authorities: AuthorityDefinition[] = [];
  for (const { roots, ...entry } of entries.value) {
    const pem = readText(resolve(dirname(path), roots));
    if (!pem.ok) {
      const message = `${path}: the roots of ${entry.name}: ${pem.problem.message}`;
      return fail(problem(pem.problem.code, message));
    }
    authorities.push({ ...entry, rootsPem: pem.value });
  }
  return ok(authorities);
}
