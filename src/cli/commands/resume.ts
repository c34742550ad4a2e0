import { orderCommand } from '../order-command.ts';

export const resume = orderCommand('resume', 'go on after a pause');
