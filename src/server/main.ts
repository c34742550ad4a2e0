/**
 * The controller process: `node main.ts <state folder>`. The one writer of the ledger, and the one
 * that decides; everyone else speaks to its socket.
 */
import { openController } from '../app-controller.ts';
import type { Problem } from '../base/problem.ts';
import { logLine } from '../process/own-log.ts';
import { backupLoop } from './backup-loop.ts';
import { backupSettings } from './backup-settings.ts';
import { serveController } from './serve-controller.ts';

function end({ message, hint }: Problem): never {
  logLine(`error: ${message}${hint === undefined ? '' : `\nhint: ${hint}`}`);
  process.exit(2);
}

const [folder = ''] = process.argv.slice(2);
const opened = await openController(folder);
if (!opened.ok) end(opened.problem);
const backups = backupLoop(opened.value, folder, backupSettings(folder, process.env));
const served = await serveController(folder, opened.value, end, backups);
if (!served.ok) end(served.problem);
process.on('SIGTERM', served.value.stop);
process.on('SIGINT', served.value.stop);
process.on('SIGHUP', () => {});
