import { beforeEach, describe, expect, test } from 'vitest';
import type { StartOrder, WorkloadDriver } from '../../src/engine/ports.ts';

export interface WorkloadSubject {
  driver: WorkloadDriver;
  service: string;
}

function start(
  term: number,
  generation: number,
  instance: string,
  track: StartOrder['track'] = 'candidate',
): StartOrder {
  const fence = { term, generation };
  return {
    fence,
    track,
    instance,
    version: '1.0.0-rc.1',
    artifacts: [],
    command: null,
  };
}

/** What every WorkloadDriver promises (engine/ports.ts). Stable runs already. */
export function workloadDriverContract(name: string, make: () => Promise<WorkloadSubject>): void {
  describe(`WorkloadDriver: ${name}`, () => {
    let subject: WorkloadSubject;

    beforeEach(async () => {
      subject = await make();
    });

    const tracks = async (): Promise<string[]> => {
      const seen = await subject.driver.observe(subject.service);
      if (!seen.ok) throw new Error(seen.problem.message);
      return seen.value.map(({ track, instance, up }) => `${track} ${instance} ${up}`);
    };
    const candidates = async (): Promise<string[]> =>
      (await tracks()).filter((one) => one.startsWith('candidate'));

    test('starts once, however often it is told', async () => {
      expect((await subject.driver.start(subject.service, start(1, 1, 'p/1'))).ok).toBe(true);
      expect((await subject.driver.start(subject.service, start(1, 1, 'p/1'))).ok).toBe(true);
      expect(await candidates()).toEqual(['candidate p/1 true']);
    });

    test('stops what runs; what does not run is stopped already', async () => {
      await subject.driver.start(subject.service, start(1, 1, 'p/1'));
      for (const generation of [2, 2, 3]) {
        const order = { fence: { term: 1, generation }, track: 'candidate' } as const;
        expect((await subject.driver.stop(subject.service, order)).ok).toBe(true);
      }
      expect(await candidates()).toEqual([]);
    });

    test('a start that comes late, behind the stop, is refused', async () => {
      const stop = { fence: { term: 1, generation: 2 }, track: 'candidate' } as const;
      await subject.driver.stop(subject.service, stop);
      const late = await subject.driver.start(subject.service, start(1, 1, 'p/1'));
      expect(late.ok ? 'accepted' : late.problem.code).toBe('refused');
      expect(await candidates()).toEqual([]);
    });

    test('a baseline lives beside the candidate, starts once and stops by itself', async () => {
      const [stable = ''] = await tracks();
      for (const _ of ['first', 'again']) {
        const baseline = start(1, 1, 'p/1/baseline', 'baseline');
        expect((await subject.driver.start(subject.service, baseline)).ok).toBe(true);
      }
      expect((await subject.driver.start(subject.service, start(1, 1, 'p/1'))).ok).toBe(true);
      const both = ['candidate p/1 true', 'baseline p/1/baseline true'];
      expect((await tracks()).toSorted()).toEqual([stable, ...both].toSorted());
      const order = { fence: { term: 1, generation: 2 }, track: 'baseline' } as const;
      expect((await subject.driver.stop(subject.service, order)).ok).toBe(true);
      expect((await subject.driver.stop(subject.service, order)).ok).toBe(true);
      expect((await tracks()).toSorted()).toEqual([stable, 'candidate p/1 true'].toSorted());
    });

    test('an adoption takes the baseline along with the old stable', async () => {
      await subject.driver.start(subject.service, start(1, 1, 'p/1/baseline', 'baseline'));
      await subject.driver.start(subject.service, start(1, 1, 'p/1'));
      const order = { fence: { term: 1, generation: 2 }, version: '1.0.0' };
      expect((await subject.driver.adopt(subject.service, order)).ok).toBe(true);
      expect(await tracks()).toEqual(['stable p/1 true']);
    });

    test('adopted, the candidate is stable and the old stable is gone; once', async () => {
      await subject.driver.start(subject.service, start(1, 1, 'p/1'));
      const order = { fence: { term: 1, generation: 2 }, version: '1.0.0' };
      expect((await subject.driver.adopt(subject.service, order)).ok).toBe(true);
      expect((await subject.driver.adopt(subject.service, order)).ok).toBe(true);
      expect(await tracks()).toEqual(['stable p/1 true']);
    });
  });
}
