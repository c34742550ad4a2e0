import { type Problem, problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { isSameAddress, parseTrackAddress, type TrackAddress } from '../base/track-address.ts';
import type { StartInstance } from '../protocol/keeper.ts';
import type { ServiceDefinition } from '../protocol/service.ts';
import { checkArtifacts } from './artifacts.ts';
import type { Instance } from './instance.ts';
import type { SavedInstance } from './keeper-file.ts';

/**
 * Whether an instance may be started as it is ordered. `refused`, for good: files that are not the
 * release's, or an address that is none, that nothing was checked of, or that is not the
 * candidate's alone.
 */
export async function checkStart(
  order: Pick<StartInstance, 'command' | 'artifacts' | 'track'>,
  definition: ServiceDefinition,
  instances: readonly Instance[],
): Promise<Result<void>> {
  const { command, artifacts, track } = order;
  const { workload } = definition;
  const address = checkAddress(command ?? workload.command, definition);
  if (!address.ok) return address;
  if (address.value === null) return await checkArtifacts(workload.cwd, artifacts);
  const at = `http://${address.value.host}:${address.value.port}`;
  if (artifacts.length > 0) {
    const hint = 'give a command that starts these files, or a release without artifacts';
    return fail(refused(`nobody can tell whether ${at} runs the artifacts of the release`, hint));
  }
  const own = address.value;
  const isOther = instances.some(
    (one) => one.saved.track !== track && isSameAddress(own, one.place),
  );
  if (isOther || (command === null && track === 'candidate')) {
    const message = `${at} is where stable is: it would be compared with itself`;
    return fail(refused(message, "release.command in the plan: the candidate's own address"));
  }
  return ok(undefined);
}

type Build = Pick<SavedInstance, 'version' | 'build' | 'command' | 'artifacts'>;

/** What an order starts. A baseline is whatever stable is now, and needs a stable that was started here. */
export function buildOf(order: StartInstance, stable: Instance | undefined): Result<Build> {
  const { track, version, command, artifacts } = order;
  if (track !== 'baseline') return ok({ version, build: version, command, artifacts });
  if (stable === undefined) return fail(problem('unavailable', 'there is no stable to repeat'));
  if (stable.address === null) {
    const { saved } = stable;
    const { version: name, build } = saved;
    return ok({ version: name, build, command: saved.command, artifacts: saved.artifacts });
  }
  const at = `http://${stable.address.host}:${stable.address.port}`;
  const hint = 'leave judge.baseline out of the plan, or give the service a command';
  return fail(refused(`stable runs at ${at} already: nobody can start a second of it`, hint));
}

/** The address that stands for a command; null: it is a command. `refused`: none that may be used. */
export function checkAddress(
  command: string,
  { traffic }: ServiceDefinition,
): Result<TrackAddress | null> {
  const parsed = parseTrackAddress(command);
  if (parsed === null) return ok(null);
  if (!parsed.ok) return fail({ ...parsed.problem, code: 'refused' });
  if (!isSameAddress(parsed.value, traffic)) return parsed;
  const message = `port ${traffic.port} is the door: its requests would come back to it for ever`;
  return fail(refused(message, 'the address of what stands behind the door'));
}

function refused(message: string, hint: string): Problem {
  return problem('refused', message, hint);
}
