/** A few of the cases of `make test-faults`: one fault of each kind at calls of each kind. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FAULTS, faultCase, placesOf, starts, straceIsThere } from './fault-run.ts';
import { flipByte, makeSmall } from './flip-byte.ts';

test('a failing disk and a killed writer lose nothing that was acknowledged', {
  timeout: 120_000,
}, async () => {
  if (!straceIsThere()) {
    process.stderr.write('left out: faults at system calls (strace is not installed)\n');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'aurora-faults-'));
  try {
    const [fresh, , killed] = starts(folder);
    if (fresh === undefined || killed === undefined) throw new Error('no ledger to start from');
    const work = join(folder, 'work');
    for (const start of [fresh, killed]) {
      const calls = placesOf(start, work).map(({ call }) => call);
      for (const call of ['openat', 'pwrite64', 'fsync', 'ftruncate', 'unlink']) {
        expect(calls, start.name).toContain(call);
      }
    }
    const places = placesOf(fresh, work);
    let injected = 0;
    for (const [i, fault] of FAULTS.entries()) {
      const place = places.filter(({ call }) => call === 'fsync').at(3 + 2 * i);
      if (place === undefined) continue;
      const found = await faultCase(fresh, place, fault, work);
      expect(found.wrong, `${fault.name} at ${place.call} ${place.n}`).toBe(null);
      injected += Number(found.injected);
    }
    expect(injected).toBe(FAULTS.length);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a changed byte of a database page is reported with its place, or has no effect', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'aurora-flips-'));
  try {
    const small = await makeSmall(folder);
    const whole = readFileSync(small.path);
    const found: unknown[] = [];
    // Pages hold what was moved elsewhere too, to no effect.
    for (let at = 0; at >= 0; at = whole.indexOf('"summary":"step 7"', at + 1)) {
      if (at > 0) found.push(flipByte(small, whole, at + 12));
    }
    expect(found).toContainEqual({ kind: 'reported', places: ['7 body'] });
    // The number of the schema's format: SQLite names neither the page nor the kind of damage.
    expect(flipByte(small, whole, 47)).toMatchObject({ kind: 'refused' });
    const kinds = new Map<string, number>();
    for (let at = 11; at < whole.length; at += 1_999) {
      const { kind } = flipByte(small, whole, at);
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
    expect(kinds.get('silent')).toBe(undefined);
    expect(kinds.get('reported')).toBeGreaterThan(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
