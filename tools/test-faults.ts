/**
 * EIO, ENOSPC and SIGKILL at every system call by which an append writes:
 *   node tools/test-faults.ts [--every N]
 * After each the ledger must open, verify, hold every acknowledged entry and take the next one.
 * Exits 1 when one does not, 2 without strace. `--every 10`: each tenth case.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { FAULTS, faultCase, placesOf, starts, straceIsThere } from '../test/ledger/fault-run.ts';

const { values } = parseArgs({ options: { every: { type: 'string', default: '1' } } });
const every = Math.max(1, Number(values.every));

if (!straceIsThere()) {
  console.error('error: strace is not installed\nhint: apt-get install strace (Debian, as root)');
  process.exit(2);
}

async function main(folder: string): Promise<boolean> {
  const wrong: string[] = [];
  let cases = 0;
  let total = 0;
  for (const start of starts(folder)) {
    const places = placesOf(start, join(folder, 'work'));
    const counts = new Map<string, number>();
    for (const { call } of places) counts.set(call, (counts.get(call) ?? 0) + 1);
    const listed = [...counts].map(([call, count]) => `${count} ${call}`).join(', ');
    console.log(`${start.name} ledger: ${listed}`);
    for (const fault of FAULTS) {
      let injected = 0;
      const first = cases;
      for (const place of places) {
        cases += 1;
        if (cases % every !== 0) continue;
        const found = await faultCase(start, place, fault, join(folder, 'work'));
        injected += Number(found.injected);
        total += Number(found.injected);
        if (found.wrong === null) continue;
        wrong.push(
          `${start.name} ledger, ${fault.name} at ${place.call} ${place.n}: ${found.wrong}`,
        );
        console.log(`FAIL ${wrong.at(-1)}`);
      }
      console.log(`  ${fault.name}: ${injected} faults at ${cases - first} places`);
    }
  }
  console.log(`${total} faults, ${wrong.length} after which the ledger was not as it must be`);
  return total > 0 && wrong.length === 0;
}

const folder = mkdtempSync(join(tmpdir(), 'aurora-faults-'));
try {
  process.exitCode = (await main(folder)) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
