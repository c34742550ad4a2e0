import { orderCommand } from '../order-command.ts';

export const pause = orderCommand(
  'pause',
  'stand still: nothing goes forward, what turns back still does',
);
