import { randomInt } from 'node:crypto';
import { Fluctuation } from './fluctuation.ts';
import type { Promised } from './promised.ts';

/** Where the tracks' own processes listen, not the door. */
export interface TrackPorts {
  stable: number;
  candidate: number;
}

const SEED_MAX = 2 ** 31;
const REQUESTS_PER_SECOND = 25;
const ASK_WITHIN_MS = 2_000;

/** Begins it; the answer ends it. Throws, when ended, where a track did not take what it was given. */
export function meddle(
  what: NonNullable<Promised['meddling']>,
  ports: TrackPorts,
): () => Promise<void> {
  if (what === 'requests-past-the-door') {
    return every(1_000 / REQUESTS_PER_SECOND, () => ask(ports.candidate, '/'));
  }
  const [stable, candidate] = [new Fluctuation(seed()), new Fluctuation(seed())];
  return every(1_000, async () => {
    await Promise.all([turn(ports.stable, stable.next()), turn(ports.candidate, candidate.next())]);
  });
}

/**
 * A track that has been taken back asks for nothing more: an answer that can't come ends the meddling.
 * One that is late does not: a busy machine would else stop what the promise is about.
 */
function every(periodMs: number, act: () => Promise<void>): () => Promise<void> {
  let failed: unknown = null;
  let acts = 0;
  const open = new Set<Promise<void>>();
  const timer = setInterval(() => {
    const one = act()
      .then(() => {
        acts += 1;
      })
      .catch((error: unknown) => {
        if (error instanceof Error && error.name === 'TimeoutError') return;
        failed ??= error;
        clearInterval(timer);
      })
      .finally(() => open.delete(one));
    open.add(one);
  }, periodMs);
  return async () => {
    clearInterval(timer);
    await Promise.all(open);
    if (acts === 0) throw new Error('nothing was meddled with', { cause: failed });
  };
}

function seed(): number {
  return randomInt(SEED_MAX);
}

async function ask(port: number, path: string, init: RequestInit = {}): Promise<void> {
  const signal = AbortSignal.timeout(ASK_WITHIN_MS);
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { ...init, signal });
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${path} on port ${port} answered ${response.status}`);
}

function turn(port: number, errorRate: number): Promise<void> {
  const body = JSON.stringify({ SAMPLE_ERROR_RATE: errorRate.toFixed(6) });
  return ask(port, '/knobs', { method: 'PUT', body });
}
