import { orderCommand } from '../order-command.ts';

export const retry = orderCommand('retry', 'try again what failed and stands still');
