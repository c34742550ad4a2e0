import { beforeEach, describe, expect, test } from 'vitest';
import type { TrafficDriver, WeightOrder } from '../../src/engine/ports.ts';

export interface TrafficSubject {
  driver: TrafficDriver;
  service: string;
  /** Lets time pass for the driver. */
  wait(ms: number): Promise<void>;
}

const ALL_STABLE = { stable: 100, candidate: 0 };
const LOSS_MS = 2_000;

function order(term: number, generation: number, candidate: number): WeightOrder {
  const weights = { stable: 100 - candidate, candidate };
  return { fence: { term, generation }, weights, fallback: ALL_STABLE, controllerLossMs: LOSS_MS };
}

/** What every TrafficDriver promises (engine/ports.ts). */
export function trafficDriverContract(name: string, make: () => Promise<TrafficSubject>): void {
  describe(`TrafficDriver: ${name}`, () => {
    let subject: TrafficSubject;

    beforeEach(async () => {
      subject = await make();
    });

    const set = (one: WeightOrder) => subject.driver.setWeights(subject.service, one);
    const candidatePct = async (): Promise<number> => {
      const seen = await subject.driver.observe(subject.service);
      if (!seen.ok) throw new Error(seen.problem.message);
      return seen.value.weights.candidate;
    };

    test('an accepted order is in force, and says by whom', async () => {
      expect((await set(order(1, 1, 10))).ok).toBe(true);
      const seen = await subject.driver.observe(subject.service);
      expect(seen.ok && seen.value).toEqual({
        fence: { term: 1, generation: 1 },
        weights: { stable: 90, candidate: 10 },
        fallbackApplied: false,
      });
    });

    test('the same order again is accepted without effect', async () => {
      await set(order(1, 1, 10));
      expect((await set(order(1, 1, 10))).ok).toBe(true);
      expect(await candidatePct()).toBe(10);
    });

    test.each([
      ['generation', order(2, 4, 50)],
      ['term', order(1, 9, 50)],
    ])('an order of an older %s is refused for good', async (_, older) => {
      await set(order(2, 5, 10));
      const result = await set(older);
      expect(result.ok ? 'accepted' : result.problem.code).toBe('refused');
      expect(await candidatePct()).toBe(10);
    });

    test('a renewal by a newer term fences off the older one', async () => {
      await set(order(1, 1, 10));
      expect((await subject.driver.renew(subject.service, { term: 2, generation: 1 })).ok).toBe(
        true,
      );
      const result = await set(order(1, 2, 50));
      expect(result.ok ? 'accepted' : result.problem.code).toBe('refused');
      const renewed = await subject.driver.renew(subject.service, { term: 1, generation: 2 });
      expect(renewed.ok ? 'accepted' : renewed.problem.code).toBe('refused');
    });

    test('an order that was lost and is repeated under a newer term takes effect', async () => {
      await set(order(1, 1, 10));
      await subject.driver.renew(subject.service, { term: 2, generation: 2 });
      expect((await set(order(2, 2, 25))).ok).toBe(true);
      expect(await candidatePct()).toBe(25);
    });

    test('renewed, an order stays; unrenewed, the fallback is applied', async () => {
      await set(order(1, 1, 10));
      await subject.wait(LOSS_MS / 2);
      expect((await subject.driver.renew(subject.service, { term: 1, generation: 1 })).ok).toBe(
        true,
      );
      await subject.wait(LOSS_MS / 2);
      expect(await candidatePct()).toBe(10);
      await subject.wait(LOSS_MS);
      const seen = await subject.driver.observe(subject.service);
      expect(seen.ok && seen.value.weights).toEqual(ALL_STABLE);
      expect(seen.ok && seen.value.fallbackApplied).toBe(true);
    });

    test('after the fallback a renewal fails, and a repetition does not raise the weight', async () => {
      await set(order(1, 1, 10));
      await subject.wait(2 * LOSS_MS);
      expect((await subject.driver.renew(subject.service, { term: 1, generation: 1 })).ok).toBe(
        false,
      );
      expect((await set(order(1, 1, 10))).ok).toBe(true);
      expect(await candidatePct()).toBe(0);
      expect((await set(order(1, 2, 10))).ok).toBe(true);
      expect(await candidatePct()).toBe(10);
    });
  });
}
