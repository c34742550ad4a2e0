import { type JsonSchema, record, ref } from './values.ts';

/** The Prometheus that metrics and checks of the plan ask. */
export const PROMETHEUS_DEFS: JsonSchema = {
  prometheus: record(['url'], {
    url: ref(
      'line',
      'Its address, such as https://prometheus.example:9090; never with a password.',
    ),
    bearerFile: ref('line', 'A file with a bearer token that only its owner can read.'),
    basicFile: ref('line', 'A file with user:password that only its owner can read.'),
    deadline: ref('duration', 'One question with all its retries is given up after so long.'),
  }),
};

export const PROMETHEUS_PROPERTIES: JsonSchema = {
  prometheus: ref('prometheus', 'Where metrics and checks with source: prometheus ask.'),
};
