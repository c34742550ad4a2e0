import { beforeEach, describe, expect, test } from 'vitest';
import type { EvidenceQuery } from '../../src/core/gate/check.ts';
import type { EvidenceSource, MeasuredPlan } from '../../src/engine/ports.ts';

export interface EvidenceSubject {
  source: EvidenceSource;
  /** Measured at the source's own interval. */
  plan: MeasuredPlan;
  /** Lets so many more intervals close. */
  wait(intervals: number): Promise<void>;
  /** One query that finds a number, and ones that can find nothing. */
  found: EvidenceQuery;
  missing: readonly EvidenceQuery[];
}

/** What every EvidenceSource promises (engine/ports.ts). */
export function evidenceSourceContract(name: string, make: () => Promise<EvidenceSubject>): void {
  describe(`EvidenceSource: ${name}`, () => {
    let subject: EvidenceSubject;

    beforeEach(async () => {
      subject = await make();
    });

    const newest = async (): Promise<number> => {
      const seen = await subject.source.newest(subject.plan);
      if (!seen.ok) throw new Error(seen.problem.message);
      return seen.value;
    };
    const read = async (afterSeq: number, limit = 1_000) => {
      const rows = await subject.source.intervals(subject.plan, afterSeq, limit);
      if (!rows.ok) throw new Error(rows.problem.message);
      return rows.value;
    };

    test('numbers rise, after what was asked, at most the limit, and again the same', async () => {
      await subject.wait(3);
      const last = await newest();
      expect(last).toBeGreaterThanOrEqual(2);
      const rows = await read(-1);
      const upToLast = rows.filter(({ seq }) => seq <= last);
      expect(upToLast.length).toBeGreaterThanOrEqual(3);
      expect(rows.every(({ seq }, i) => seq > (rows[i - 1]?.seq ?? -1))).toBe(true);
      expect(await read(-1, 2)).toEqual(rows.slice(0, 2));
      expect((await read(rows[0]?.seq ?? 0, 1))[0]).toEqual(rows[1]);
      expect((await read(-1)).slice(0, rows.length)).toEqual(rows);
    });

    test('after the newest there is nothing, then what closed since', async () => {
      await subject.wait(1);
      const last = await newest();
      await subject.wait(2);
      const rows = await read(last);
      expect(rows[0]?.seq).toBe(last + 1);
      expect(rows.every(({ startMs, endMs }) => endMs > startMs)).toBe(true);
    });

    test('a service that is not there is a problem, not a number', async () => {
      const plan = { ...subject.plan, service: 'no-such-service' };
      expect((await subject.source.newest(plan)).ok).toBe(false);
      expect((await subject.source.intervals(plan, -1, 10)).ok).toBe(false);
    });

    test('every check is answered, in order; missing evidence is a value', async () => {
      const queries = [subject.found, ...subject.missing, subject.found];
      const checks = queries.map((query, i) => ({ check: `check-${i}`, query }));
      const evidence = await subject.source.collect(subject.plan.service, checks);
      expect(evidence.map(({ check }) => check)).toEqual(checks.map(({ check }) => check));
      for (const one of [evidence[0], evidence.at(-1)]) {
        expect(one).toMatchObject({ kind: 'number' });
        expect(one?.samples).toBeGreaterThanOrEqual(1);
        expect(one?.atMs).toBeGreaterThan(0);
      }
      for (const one of evidence.slice(1, -1)) {
        expect(['none', 'error']).toContain(one.kind);
        expect('reason' in one && one.reason.length).toBeGreaterThan(10);
        expect(one.samples).toBe(0);
      }
      for (const one of evidence) {
        expect(one.inputSha256).toMatch(/^[0-9a-f]{64}$/);
        expect(one.reducer).toMatch(/^[a-z-]+@\d+$/);
      }
    });

    test('nothing asked, nothing answered', async () => {
      expect(await subject.source.collect(subject.plan.service, [])).toEqual([]);
    });
  });
}
