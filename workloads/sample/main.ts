/**
 * The sample service: `PORT=8080 node main.ts`. For tests, demonstrations and the quick start: what
 * can go wrong with a release goes wrong with this one when its knobs say so (README.md).
 */
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseKnobs } from './knobs.ts';
import { Service } from './service.ts';

/** Below the five seconds that those who stop it allow. */
const STOP_MS = 4_500;
const SEED_MAX = 2 ** 47;
/** They travel in a header. */
const NAME = /^[0-9A-Za-z][0-9A-Za-z._:/+-]{0,999}$/;
const { env } = process;

function end(message: string): never {
  process.stderr.write(`error: ${message}\n`);
  process.exit(2);
}

function readName(name: string, unset: string): string {
  const text = env[name] ?? unset;
  return NAME.test(text) ? text : end(`${name}=${text}: expected letters, digits and ._:/+-`);
}

const portText = env.PORT ?? '';
if (!/^\d{1,5}$/.test(portText) || Number(portText) > 65_535) {
  end(`PORT=${portText}: expected a port number; 0 takes any that is free`);
}
const knobs = parseKnobs(env);
if (!knobs.ok) end(knobs.problem.message);
const service = new Service({
  port: Number(portText),
  version: readName('SAMPLE_VERSION', '0.0.0'),
  instance: readName('SAMPLE_INSTANCE', `pid-${process.pid}`),
  words: env,
  knobs: knobs.value,
  seed: randomInt(SEED_MAX),
  seedName: `${env.SAMPLE_VERSION ?? ''} ${env.SAMPLE_INSTANCE ?? ''}`,
  crash: () => {
    process.stderr.write('error: crashed, as SAMPLE_CRASH_AFTER asks\n');
    process.exit(1);
  },
});

let isStopping = false;
function stop(): void {
  if (isStopping) return;
  isStopping = true;
  setTimeout(() => process.exit(0), STOP_MS).unref();
  void service.stop().then(() => process.exit(0));
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);

await sleep(knobs.value.slowStartMs);
if (!isStopping) {
  try {
    const port = await service.listen();
    process.stdout.write(`listening on 127.0.0.1:${port}\n`);
  } catch (error) {
    end(`127.0.0.1:${portText}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
