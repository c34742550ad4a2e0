import { join } from 'node:path';
import {
  DEFAULT_LIMITS,
  type ServiceDefinition,
  type Traffic,
  type Workload,
} from '../../src/protocol/service.ts';

export interface RigOptions {
  /** Runs what `make build` has built, as a release does: it starts several times faster. */
  built?: boolean;
  name?: string;
  version?: string;
  traffic?: Partial<Traffic>;
  workload?: Partial<Workload>;
}

const SAMPLE_MAIN = join(import.meta.dirname, '../../workloads/sample/main.ts');

/** The sample as a service whose ports the system gives, with intervals short enough for a test. */
export function defineService(options: RigOptions, cwd: string): ServiceDefinition {
  const { name = 'sample', version = '1.0.0', traffic = {}, workload = {} } = options;
  return {
    name,
    version,
    traffic: {
      mode: 'http',
      host: '127.0.0.1',
      port: 0,
      metricsPort: 0,
      intervalMs: 1_000,
      sticky: null,
      rules: [],
      mirrorPct: 0,
      limits: DEFAULT_LIMITS,
      ...traffic,
    },
    workload: {
      command: `SAMPLE_VERSION={version} exec '${process.execPath}' '${SAMPLE_MAIN}'`,
      cwd,
      env: {},
      healthPath: '/health',
      healthDeadlineMs: 10_000,
      healthEveryMs: 100,
      stopGraceMs: 6_000,
      ...workload,
    },
  };
}
