/** The fakes that simulator, kill test and benches rest on keep the contracts of what they stand for. */
import { ok } from '../../src/base/result.ts';
import { VirtualClock } from '../sim/clock.ts';
import { FakeService } from '../sim/fake-service.ts';
import { trafficDriverContract } from './traffic-driver.ts';
import { workloadDriverContract } from './workload-driver.ts';

trafficDriverContract('fake service', async () => {
  const clock = new VirtualClock(0);
  const fake = new FakeService(() => clock.monotonic());
  return {
    service: 'service',
    driver: {
      setWeights: async (_, order) => fake.setWeights(order),
      renew: async (_, fence) => fake.renew(fence),
      observe: async () => ok(fake.traffic()),
    },
    wait: async (ms) => clock.advance(ms),
  };
});

workloadDriverContract('fake service', async () => {
  const fake = new FakeService(() => 0);
  return {
    service: 'service',
    driver: {
      start: async (_, order) => fake.start(order),
      stop: async (_, order) => fake.stop(order),
      adopt: async (_, order) => fake.adopt(order),
      observe: async () => ok(fake.running()),
    },
  };
});
