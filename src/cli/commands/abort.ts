import { orderCommand } from '../order-command.ts';

export const abort = orderCommand(
  'abort',
  'give up: all traffic back to stable, the candidate is stopped',
);
