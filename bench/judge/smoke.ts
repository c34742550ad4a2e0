import type { Parity } from './peer-vectors.ts';
import type { CellResult } from './results.ts';

/** At most 8 of 200 healthy releases: at 1 % each, more has a chance of 1 in 4,000. */
const ALARMS_MAX = 8;
const RELEASES = 200;
const MINUTES_MAX = 60;

/** What few releases can show to be wrong, in words; empty when nothing is absurd. */
export function absurdities(results: readonly CellResult[]): string[] {
  const faults: string[] = [];
  const [main] = results;
  for (const mode of ['off', 'shipped'] as const) {
    const found = main?.judges[mode]?.rollback.found;
    if (found === undefined || found.of !== RELEASES || found.count > ALARMS_MAX) {
      faults.push(`${found?.count} of ${found?.of} healthy releases rolled back (${mode})`);
    }
  }
  for (const { cell, judges } of results) {
    if (cell.group !== 'worse' || cell.name !== '600/min, 1 %: +100 %') continue;
    for (const own of [judges.off, judges.shipped]) {
      const { found, p90 } = own?.rollback ?? {};
      if (found === undefined || found.count !== found.of || !((p90 ?? Infinity) <= MINUTES_MAX)) {
        faults.push(`+100 %: ${found?.count} of ${found?.of} found, p90 ${p90} minutes`);
      }
    }
  }
  return faults;
}

/** A peer that is not what it says would make any comparison with it worthless. */
export function parityFaults(parity: readonly Parity[] | null): string[] {
  return (parity ?? [])
    .filter(({ held, of }) => held !== of || of === 0)
    .map(({ peer, file, held, of }) => `${peer}: ${of - held} of ${of} values of ${file} differ`);
}
