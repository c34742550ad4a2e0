/** A canary on real processes under steady load, from its plan to what its end left. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ControllerClient } from '../../src/cli/controller-client.ts';
import { PromotionView } from '../../src/protocol/controller.ts';
import { type Load, startLoad } from '../rig/load.ts';
import { nonceEnv } from '../rig/own-processes.ts';
import { type ServiceRig, withServiceRig } from '../rig/service-rig.ts';

const SAMPLE = join(import.meta.dirname, '../../workloads/sample/main.ts');
const LIMIT_MS = 60_000;
const POLL_MS = 50;

export interface Stage {
  rig: ServiceRig;
  client: ControllerClient;
  id: string;
  view(): Promise<PromotionView>;
  until(done: (view: PromotionView) => boolean): Promise<PromotionView>;
  /** Steady requests to the door or a track, ended with the story. */
  load(port: number): Load;
}

export interface LiveCanary {
  /** Settings of the sample by their names, of stable. */
  stable: Readonly<Record<string, string | number>>;
  /** How old stable is when the promotion begins. */
  ageMs?: number;
  perSecond: number;
  /** Of the plan, once the service is up. */
  plan: () => string;
}

/** The sample's command line with its version open. */
export function sampleCommand(env: Readonly<Record<string, string | number>>): string {
  const words = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  return `SAMPLE_VERSION={version} ${words.join(' ')} exec '${process.execPath}' '${SAMPLE}'`;
}

export function withCanary(
  { stable, ageMs = 0, perSecond, plan }: LiveCanary,
  story: (stage: Stage) => Promise<void>,
): Promise<void> {
  const command = sampleCommand(stable);
  return withServiceRig({ workload: { command } }, async (rig) => {
    Object.assign(process.env, nonceEnv(rig.nonce));
    const loads: Load[] = [];
    const load = (port: number): Load => {
      const one = startLoad({ port, ratePerSecond: perSecond, paths: ['/'], connections: 16 });
      loads.push(one);
      return one;
    };
    const client = new ControllerClient(rig.state);
    try {
      await rig.startKeeper();
      load((await rig.splitterState()).port);
      await sleep(ageMs);
      const text = plan();
      const said = { args: {}, by: 'rm', rehearsal: false, supersede: false };
      const body = { path: 'live.yaml', text, ...said };
      const opened = await client.ask(PromotionView, 'POST', '/promote', body);
      if (!opened.ok) throw new Error(opened.problem.message);
      const view = async (): Promise<PromotionView> => {
        const seen = await client.promotion(opened.value.id);
        if (!seen.ok) throw new Error(seen.problem.message);
        return seen.value;
      };
      const until: Stage['until'] = async (done) => {
        const endMs = performance.now() + LIMIT_MS;
        for (;;) {
          const seen = await view();
          if (done(seen)) return seen;
          if (performance.now() > endMs) throw new Error(`not in time: ${JSON.stringify(seen)}`);
          await sleep(POLL_MS);
        }
      };
      await story({ rig, client, id: opened.value.id, view, until, load });
    } finally {
      await Promise.all(loads.map((one) => one.stop()));
      // The controller ends first: it would start a keeper that it misses.
      await client.ask(PromotionView, 'POST', '/stop');
      await sleep(300);
    }
  });
}
