import type { Static } from 'typebox';
import * as Type from 'typebox';

/**
 * What a load generator is told: one line of JSON on its standard input, which then stays open for as
 * long as it has to go on.
 */
export const LoadTarget = Type.Object(
  {
    ratePerSecond: Type.Integer({ minimum: 1, maximum: 100_000 }),
    path: Type.String({ pattern: '^/' }),
    /** Where the requests go in: `http://HOST:PORT`. */
    origin: Type.String({ pattern: '^http://' }),
    /** A unix socket in place of the origin's address; null: none. */
    socketPath: Type.Union([Type.Null(), Type.String({ pattern: '^/' })]),
  },
  { additionalProperties: false },
);
export type LoadTarget = Static<typeof LoadTarget>;
