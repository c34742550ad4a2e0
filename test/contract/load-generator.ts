import { beforeEach, describe, expect, test } from 'vitest';
import type { LoadOrder } from '../../src/core/promotion/load.ts';
import type { LoadGenerator } from '../../src/engine/ports.ts';

export interface LoadSubject {
  generator: LoadGenerator;
  service: string;
  /** Requests that have reached stable and candidate so far. */
  reached(): Promise<{ stable: number; candidate: number }>;
  /** Long enough for requests to come, or to have stopped coming. */
  pass(): Promise<void>;
}

const DOOR: LoadOrder = { ratePerSecond: 50, path: '/', to: 'door' };
const CANDIDATE: LoadOrder = { ...DOOR, to: 'candidate' };

/** What every LoadGenerator promises (engine/ports.ts). Both tracks run, all weight is stable's. */
export function loadGeneratorContract(name: string, make: () => Promise<LoadSubject>): void {
  describe(`LoadGenerator: ${name}`, () => {
    let subject: LoadSubject;

    beforeEach(async () => {
      subject = await make();
    });

    const generate = async (order: LoadOrder | null): Promise<void> => {
      const made = await subject.generator.generate(subject.service, order);
      if (!made.ok) throw new Error(made.problem.message);
    };
    const grown = async (): Promise<{ stable: number; candidate: number }> => {
      const before = await subject.reached();
      await subject.pass();
      const after = await subject.reached();
      return {
        stable: after.stable - before.stable,
        candidate: after.candidate - before.candidate,
      };
    };

    /** Its process may take its time to start on a busy machine. */
    const begun = async (track: 'stable' | 'candidate') => {
      for (let pass = 0; pass < 20; pass += 1) {
        const now = await grown();
        if (now[track] > 0) return now;
      }
      return await grown();
    };

    test('by the door: split by weight; the same words again change nothing', async () => {
      await generate(DOOR);
      await generate(DOOR);
      const { stable, candidate } = await begun('stable');
      expect(stable).toBeGreaterThan(0);
      expect(candidate).toBe(0);
    });

    test('to the candidate alone, which has no share', async () => {
      await generate(CANDIDATE);
      const { stable, candidate } = await begun('candidate');
      expect(candidate).toBeGreaterThan(0);
      expect(stable).toBe(0);
    });

    test('another order takes the place of the first; none ends it', async () => {
      await generate(CANDIDATE);
      await subject.pass();
      await generate(DOOR);
      await subject.pass();
      expect((await grown()).candidate).toBe(0);
      await generate(null);
      await subject.pass();
      expect(await grown()).toEqual({ stable: 0, candidate: 0 });
    });
  });
}
