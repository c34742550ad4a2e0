import type { Context } from './command.ts';
import { EXIT } from './exit-codes.ts';

/** Ctrl-C while a service comes up: it goes on, and how to get rid of it is said. */
export function onInterrupt(context: Context, name: string): { end(): void } {
  const tell = (): void => {
    context.note(`${name} may be running: auroractl service list; auroractl service stop ${name}`);
    process.exit(EXIT.interrupted);
  };
  process.once('SIGINT', tell);
  return { end: () => void process.removeListener('SIGINT', tell) };
}
