import { timestampFileBy } from '../../app.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { CommandArgs } from '../command.ts';
import { readBytes, readText } from '../files.ts';
import { authoritiesOf } from '../timestamp-authorities.ts';

/**
 * The tokens beside a checkpoint that was timestamped, by the names that they have in a pack, and each
 * authority's roots. Each is verified first; what is missing is asked for by `auroractl timestamp`.
 */
export async function tokensOf(
  args: CommandArgs,
  checkpoint: string,
): Promise<Result<ReadonlyMap<string, Uint8Array>>> {
  const path = args.text('timestamps');
  if (path === null) return ok(new Map());
  const stamped = readText(path);
  if (!stamped.ok) return stamped;
  if (stamped.value !== checkpoint) {
    const message = `${path} is not the checkpoint of this pack`;
    return fail(
      problem('conflict', message, 'timestamp the .checkpoint that an earlier pack wrote'),
    );
  }
  const authorities = authoritiesOf(args);
  if (!authorities.ok) return authorities;
  const checked = await timestampFileBy(path, authorities.value, 'check');
  if (!checked.ok) return checked;
  const files = new Map<string, Uint8Array>();
  for (const stamp of checked.value.stamps) {
    if (stamp.kind === 'missing') {
      const message = `${stamp.authority}: ${stamp.problem.message}`;
      return fail(problem(stamp.problem.code, message, `auroractl timestamp ${path}`));
    }
    const token = readBytes(stamp.path);
    if (!token.ok) return token;
    files.set(`${stamp.authority}.tsr`, token.value);
    const roots = authorities.value.find(({ name }) => name === stamp.authority)?.rootsPem ?? '';
    files.set(`${stamp.authority}.roots.pem`, new TextEncoder().encode(roots));
  }
  return ok(files);
}
