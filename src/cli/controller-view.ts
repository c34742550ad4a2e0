import type { About } from '../protocol/controller.ts';
import { formatAge } from './ledger-view.ts';
import type { View } from './output.ts';

/** A controller that runs. */
export function aboutView(about: About, nowMs: number): View {
  const { pid, version, term, startedAtMs, active, metricsPort, metricsProblem } = about;
  const metrics =
    metricsPort === null
      ? `none: ${metricsProblem ?? 'no reason told'}`
      : `http://127.0.0.1:${metricsPort}/metrics`;
  return {
    kind: 'Controller',
    data: about,
    columns: [
      { title: 'PID' },
      { title: 'VERSION' },
      { title: 'TERM' },
      { title: 'SINCE' },
      { title: 'ACTIVE' },
      { title: 'METRICS' },
    ],
    rows: [
      [
        String(pid),
        version,
        String(term),
        `${formatAge(startedAtMs, nowMs)} ago`,
        String(active),
        metrics,
      ],
    ],
  };
}
