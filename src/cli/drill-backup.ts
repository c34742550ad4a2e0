import { openLedger, type ServiceView, type SqliteReader } from '../app.ts';
import { problem } from '../base/problem.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { parseTrackAddress } from '../base/track-address.ts';
import type { Plan } from '../core/plan/plan.ts';
import type { State } from '../core/promotion/state.ts';
import type { InstanceProcess } from '../protocol/keeper.ts';

/** What runs beside stable during a drill. */
export interface DrillBackup {
  /** Starts it; `{version}` is filled in already. Or the address at which it runs. */
  command: string;
  /** Checked before it is started, as stable's were. */
  artifacts: readonly { name: string; sha256: string }[];
}

/** The stable of a service whose splitter and stable are up; `unavailable` says what is not. */
export function drillStable({
  definition,
  keeper,
  splitter,
}: ServiceView): Result<InstanceProcess> {
  const { name } = definition;
  const stable = keeper?.instances.find(({ track }) => track === 'stable');
  if (keeper === null || splitter === null || stable === undefined) {
    const message = `${name} does not run: there is nothing to drill with`;
    return fail(problem('unavailable', message, `auroractl service start ${name}`));
  }
  if (stable.process.up) return ok(stable);
  const message = `stable of ${name} is down: what is needed now is no drill`;
  return fail(problem('unavailable', message, `auroractl service logs ${name} --of stable`));
}

/**
 * The release that is stable, once more: the same command, filled in with the same version, and the
 * same files. `wanted`: started so instead. `usage` where stable runs at an address and none is
 * wanted; `unavailable` where the ledger does not tell what stable was started as.
 */
export async function drillBackup(
  state: string,
  stable: InstanceProcess,
  wanted: string | null,
): Promise<Result<DrillBackup>> {
  if (wanted !== null) return ok({ command: filledIn(wanted, stable.version), artifacts: [] });
  if (parseTrackAddress(stable.command) !== null) {
    const message = `stable runs at ${stable.command}: a second one of it is not started from here`;
    const hint = "name its backup: --command 'http://HOST:PORT', or a command that starts one";
    return fail(problem('usage', message, hint));
  }
  const built = await buildOf(state, stable);
  if (!built.ok) return built;
  const { version, artifacts } = built.value;
  return ok({ command: filledIn(stable.command, version), artifacts });
}

interface Build {
  version: string;
  artifacts: DrillBackup['artifacts'];
}

/**
 * An adopted instance keeps the command and the version of the candidate that it was: its name says
 * which promotion started it, and the ledger has the plan.
 */
async function buildOf(
  state: string,
  { instance, version }: InstanceProcess,
): Promise<Result<Build>> {
  if (instance.startsWith('stable/')) return ok({ version, artifacts: [] });
  const ledger = await openLedger(state);
  if (!ledger.ok) return ledger;
  try {
    const plan = planOf(ledger.value, instance.slice(0, instance.lastIndexOf('/')));
    if (!plan.ok) return plan;
    if (plan.value !== null) {
      const { candidate, artifacts } = plan.value.release;
      return ok({ version: candidate, artifacts });
    }
  } finally {
    ledger.value.close();
  }
  const message = `the ledger does not tell what the release of ${instance} was started as`;
  return fail(problem('unavailable', message, 'say what starts a second one: --command'));
}

function planOf(ledger: SqliteReader, promotion: string): Result<Plan | null> {
  const snapshot = ledger.snapshot(promotion);
  if (!snapshot.ok) return snapshot;
  if (snapshot.value === null) return ok(null);
  const { planSha256 } = JSON.parse(snapshot.value.body) as State;
  const blob = ledger.blob(planSha256);
  if (!blob.ok || blob.value === null) return blob.ok ? ok(null) : blob;
  return ok(JSON.parse(new TextDecoder().decode(blob.value)) as Plan);
}

function filledIn(command: string, version: string): string {
  return command.replaceAll('{version}', version);
}
