import { GATE_DEFS, GATE_PROPERTIES } from './schema/gates.ts';
import { METRIC_DEFS, METRIC_PROPERTIES } from './schema/metrics.ts';
import { PHASE_DEFS, PHASE_PROPERTIES } from './schema/phases.ts';
import { PROMETHEUS_DEFS, PROMETHEUS_PROPERTIES } from './schema/prometheus.ts';
import { RELEASE_DEFS, RELEASE_PROPERTIES } from './schema/release.ts';
import { type JsonSchema, oneOf, record, ref, VALUE_DEFS } from './schema/values.ts';

/** The form of a plan file. tools/generate.ts writes it to schemas/plan.schema.json for editors. */
export const PLAN_SCHEMA: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'https://aurora.example/schemas/plan.schema.json',
  description: 'A plan: everything that a release must show, step by step.',
  ...record(['apiVersion', 'kind', 'name', 'service', 'release', 'phases'], {
    apiVersion: { const: 'aurora/v1', description: 'Version of this form.' },
    kind: { const: 'Plan', description: 'What the file is.' },
    name: ref('name', 'What the plan is called.'),
    service: ref('name', 'The service that is promoted.'),
    interval: ref('duration', 'Length of an interval of measurements.'),
    controllerLoss: ref('duration', 'Without a renewal for so long the fallback is applied.'),
    rule: oneOf('How gates make a decision.', 'matrix', 'green-yellow-red'),
    decision: oneOf('none: 100 % without a decision, and never GA.', 'signed', 'none'),
    evidenceMaxAge: ref('duration', 'Gate results older than this are stale.'),
    goMaxAge: ref('duration', 'A GO older than this is void.'),
    ...RELEASE_PROPERTIES,
    ...PROMETHEUS_PROPERTIES,
    ...METRIC_PROPERTIES,
    ...GATE_PROPERTIES,
    ...PHASE_PROPERTIES,
  }),
  $defs: {
    ...VALUE_DEFS,
    ...RELEASE_DEFS,
    ...PROMETHEUS_DEFS,
    ...METRIC_DEFS,
    ...GATE_DEFS,
    ...PHASE_DEFS,
  },
};
