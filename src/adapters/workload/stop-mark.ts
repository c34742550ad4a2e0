import { join } from 'node:path';

/** There while a service is stopped on purpose: nothing but `service start` starts it then. */
export function stopMark(serviceFolder: string): string {
  return join(serviceFolder, 'stopped');
}
