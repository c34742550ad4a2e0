import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Controller } from '../app-controller.ts';
import { ok, type Result } from '../base/result.ts';
import type { BackupLoop } from './backup-loop.ts';
import { backupMetrics } from './backup-metrics.ts';
import { PastTally } from './past-tally.ts';

/** What a scrape is answered with. */
export interface MetricsPage {
  contentType: string;
  /** In Prometheus' text format; a problem where the ledger can't be read: no number is guessed. */
  text(): Promise<Result<string>>;
}

type Promotion = Controller['engine']['promotions'][number];

/** From seconds to hours: what notices by itself, and what took a person. */
const DETECT_SECONDS = [1, 2, 5, 10, 30, 60, 120, 300, 900, 3_600, 14_400, 86_400];

/**
 * The controller's own metrics. What became of promotions is counted from the ledger, from its first
 * entry on: a restart changes no number.
 */
export function controllerMetrics(
  controller: Controller,
  about: { version: string; backups?: BackupLoop | null },
): MetricsPage {
  const registry = new Registry();
  const register = { registers: [registry] };
  collectDefaultMetrics({ register: registry });
  const info = new Gauge({
    name: 'aurora_controller_info',
    help: 'Always 1; the version is a label',
    labelNames: ['version'],
    ...register,
  });
  info.set({ version: about.version }, 1);
  new Gauge({
    name: 'aurora_controller_term',
    help: 'Rises with each controller of the ledger',
    ...register,
  }).set(controller.term);
  const size = new Gauge({
    name: 'aurora_ledger_size',
    help: 'Entries of the ledger',
    ...register,
  });
  activeMetrics(controller.engine, registry);
  const { backups = null } = about;
  if (backups !== null) backupMetrics(registry, () => backups.view());
  const tally = new PastTally(controller.past, outcomeMetrics(registry));
  // Begun at once, so that the first scrape need not wait for years of history.
  void tally.catchUp();
  return {
    contentType: registry.contentType,
    text: async () => {
      const entries = controller.past.ledgerSize();
      if (!entries.ok) return entries;
      size.set(entries.value);
      const counted = await tally.catchUp();
      return counted.ok ? ok(await registry.metrics()) : counted;
    },
  };
}

function activeMetrics(engine: Controller['engine'], registry: Registry): void {
  const promotions = new Gauge({
    name: 'aurora_promotions',
    help: 'Active promotions by the kind of the phase they are in; back: on the way back',
    labelNames: ['service', 'phase'],
    registers: [registry],
    collect: () => {
      promotions.reset();
      for (const { state, plan } of engine.promotions) {
        if (state.outcome === null)
          promotions.inc({ service: plan.service, phase: phaseOf({ state, plan }) });
      }
    },
  });
  const sources = new Gauge({
    name: 'aurora_source_problem',
    help: '1: no measurements come for the active promotion of the service',
    labelNames: ['service'],
    registers: [registry],
    collect: () => {
      sources.reset();
      for (const { id, plan } of engine.promotions) {
        sources.set({ service: plan.service }, engine.sourceProblem(id) === null ? 0 : 1);
      }
    },
  });
}

function phaseOf({ state, plan }: Pick<Promotion, 'state' | 'plan'>): string {
  if (state.back !== null) return 'back';
  return plan.phases[state.position.phase]?.kind ?? 'none';
}

function outcomeMetrics(registry: Registry): ConstructorParameters<typeof PastTally>[1] {
  const register = { registers: [registry] };
  const byService = { labelNames: ['service'] as const, ...register };
  return {
    outcomes: new Counter({
      name: 'aurora_promotion_outcomes_total',
      help: 'Promotions that have ended, rehearsals apart',
      labelNames: ['service', 'outcome'],
      ...register,
    }),
    rehearsals: new Counter({
      name: 'aurora_rehearsals_total',
      help: 'Rehearsals that have ended',
      ...byService,
    }),
    failureRatio: new Gauge({
      name: 'aurora_change_failure_ratio',
      help: 'Rolled back, of all that ended and were no rehearsal; absent before the first',
      ...register,
    }),
    detect: new Histogram({
      name: 'aurora_time_to_detect_seconds',
      help: "From the candidate's first share to the order back, of what was rolled back",
      buckets: DETECT_SECONDS,
      ...byService,
    }),
    exposed: new Counter({
      name: 'aurora_exposure_requests_total',
      help: 'Requests that candidates served which were rolled back',
      ...byService,
    }),
    exposedBad: new Counter({
      name: 'aurora_exposure_bad_requests_total',
      help: 'Of those: answered with an error, where the plan counts errors at the splitter',
      ...byService,
    }),
  };
}
