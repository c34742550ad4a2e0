import { orderCommand } from '../order-command.ts';

export const halt = orderCommand('halt', 'go back at once, even to a stable that is down');
