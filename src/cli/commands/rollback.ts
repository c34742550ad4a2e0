import { orderCommand } from '../order-command.ts';

export const rollback = orderCommand('rollback', 'go back now: all traffic to stable');
