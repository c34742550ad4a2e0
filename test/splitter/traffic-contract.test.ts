import { afterEach } from 'vitest';
import { EmbeddedTraffic } from '../../src/adapters/traffic/embedded.ts';
import { trafficDriverContract } from '../contract/traffic-driver.ts';
import { SplitterRig } from './splitter-rig.ts';

let rig: SplitterRig | null = null;
afterEach(async () => await rig?.stop());

trafficDriverContract('embedded splitter', async () => {
  rig = new SplitterRig();
  await rig.start();
  await rig.tracks(
    await rig.track('stable', (_, response) => response.end()),
    await rig.track('candidate', (_, response) => response.end()),
  );
  const driver = new EmbeddedTraffic(rig.services);
  const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  return { driver, service: rig.service, wait };
});
