/**
 * A controller process whose services answer at once: `node fleet-controller.ts STATE COUNT`. It holds
 * the lock and serves at the socket as the real one does; one promotion has ended, COUNT are active.
 */
import { SystemClock } from '../../src/adapters/clock/system.ts';
import { stateFiles } from '../../src/app.ts';
import type { Problem } from '../../src/base/problem.ts';
import { takeLock } from '../../src/process/exclusive-lock.ts';
import { serveController } from '../../src/server/serve-controller.ts';
import { fleetPlan, MINUTE_MS, must, openFleet } from './fleet.ts';

const [state = '', count = '1'] = process.argv.slice(2);
const fleet = await openFleet(state, new SystemClock());
must(takeLock(stateFiles(state).lock, 'controller'));
const long = 60 * MINUTE_MS;
const ended = await fleet.promote(fleetPlan('old', '1.0.0', long));
await fleet.round();
await fleet.order(ended, 'rollback');
for (let i = 0; i < Number(count); i += 1) {
  await fleet.promote(fleetPlan(`service-${i}`, '1.0.0', long));
}
for (let i = 0; i < 3; i += 1) await fleet.round();
const end = ({ message }: Problem): never => {
  process.stderr.write(`${message}\n`);
  process.exit(2);
};
must(await serveController(state, fleet.controller, end));
process.stdout.write('ready\n');
