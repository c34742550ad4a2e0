/**
 * The splitter process: `node main.ts <service folder>`. Carries a service's requests, measures them,
 * and knows nothing of promotions.
 */
import { randomInt } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '../base/problem.ts';
import { logLine } from '../process/own-log.ts';
import { socketPath } from '../process/socket-path.ts';
import { readVersion } from '../process/version.ts';
import { parse } from '../protocol/parse.ts';
import { ServiceDefinition } from '../protocol/service.ts';
import { Splitter } from './splitter.ts';

const SEED_MAX = 2 ** 47;

function end({ message, hint }: Problem): never {
  logLine(`error: ${message}${hint === undefined ? '' : `\nhint: ${hint}`}`);
  process.exit(2);
}

const [folder = ''] = process.argv.slice(2);
let file: unknown;
try {
  file = JSON.parse(readFileSync(join(folder, 'service.json'), 'utf8'));
} catch (error) {
  end({ code: 'usage', message: `${folder}/service.json: ${String(error)}` });
}
const definition = parse(ServiceDefinition, file, 'service.json');
if (!definition.ok) end(definition.problem);
const socket = socketPath(folder, 'splitter');
if (!socket.ok) end(socket.problem);
const probe = socketPath(folder, 'probe');
if (!probe.ok) end(probe.problem);

const [door, metrics] = (process.env.AURORA_INHERITED ?? '').split(',').map(Number);
// Not for the processes that this one starts.
delete process.env.AURORA_INHERITED;
const splitter = await Splitter.start({
  folder,
  socketPath: socket.value,
  probePath: probe.value,
  definition: definition.value,
  version: readVersion(),
  seed: randomInt(SEED_MAX),
  inherited: door && metrics ? { door, metrics } : null,
});
if (!splitter.ok) end(splitter.problem);
process.on('SIGHUP', () => {});
process.on('SIGTERM', () => {
  // A predecessor's successor has this path by now.
  if (splitter.ok && splitter.value.hasAdmin) {
    rmSync(socket.value, { force: true });
    rmSync(probe.value, { force: true });
  }
  process.exit(0);
});
