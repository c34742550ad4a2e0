/**
 * Every byte of every page of a small ledger, changed in turn:
 *   node tools/test-faults-flips.ts [--every N] [--from BYTE]
 * Each change must be reported by the verification, or have no effect: the same rows, root and head.
 * Exits 1 where one is silent. `--every 100`: each hundredth byte.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { flipByte, makeSmall } from '../test/ledger/flip-byte.ts';

const { values } = parseArgs({
  options: { every: { type: 'string', default: '1' }, from: { type: 'string', default: '0' } },
});
const every = Math.max(1, Number(values.every));

async function main(folder: string): Promise<boolean> {
  const small = await makeSmall(folder);
  const whole = readFileSync(small.path);
  const counts = { reported: 0, refused: 0, 'no effect': 0, silent: 0 };
  for (let at = Number(values.from); at < whole.length; at += every) {
    const found = flipByte(small, whole, at);
    counts[found.kind] += 1;
    if (found.kind === 'silent') console.log(`FAIL byte ${at}: nothing is reported`);
  }
  writeFileSync(small.path, whole);
  console.log(`${whole.length} bytes, each ${every === 1 ? 'one' : `${every}th`} changed in turn:`);
  for (const [kind, count] of Object.entries(counts)) console.log(`  ${kind}: ${count}`);
  return counts.silent === 0 && counts.reported > 0;
}

const folder = mkdtempSync(join(tmpdir(), 'aurora-flips-'));
try {
  process.exitCode = (await main(folder)) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
