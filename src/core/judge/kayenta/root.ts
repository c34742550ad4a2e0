import { assert } from '../../../base/assert.ts';

/**
 * Where f changes its sign between `low` and `high`, which must differ in sign, to within
 * `tolerance`: Brent's method (Algorithms for Minimization without Derivatives, 1973, chapter 4),
 * bisection with secant and inverse quadratic steps. Of a step function it gives a point beside the
 * step, at a distance up to the tolerance.
 */
export function brentRoot(
  f: (x: number) => number,
  low: number,
  high: number,
  tolerance: number,
): number {
  // b is the best point so far, c the one on the other side of the root, a the b before.
  let [a, fa] = [low, f(low)];
  let [b, fb] = [high, f(high)];
  let [c, fc] = [a, fa];
  assert(fa * fb <= 0, 'a root lies between values of different sign');
  if (fa === 0) return a;
  for (;;) {
    const moved = b - a;
    if (Math.abs(fc) < Math.abs(fb)) {
      [a, fa, b, fb] = [b, fb, c, fc];
      [c, fc] = [a, fa];
    }
    const near = 2 * Number.EPSILON * Math.abs(b) + tolerance / 2;
    const half = (c - b) / 2;
    if (Math.abs(half) <= near || fb === 0) return b;
    const mayInterpolate = Math.abs(moved) >= near && Math.abs(fa) > Math.abs(fb);
    const guess = mayInterpolate ? interpolated({ a, fa, b, fb, c, fc }, moved, near) : null;
    const step = guess ?? half;
    const least = step > 0 ? near : -near;
    [a, fa] = [b, fb];
    b += Math.abs(step) < near ? least : step;
    fb = f(b);
    if (fb > 0 === fc > 0) [c, fc] = [a, fa];
  }
}

interface Points {
  a: number;
  fa: number;
  b: number;
  fb: number;
  c: number;
  fc: number;
}

/** The step to the interpolated root; null where it leaves the bracket or shrinks too slowly. */
function interpolated({ a, fa, b, fb, c, fc }: Points, moved: number, near: number): number | null {
  const gap = c - b;
  const s = fb / fa;
  let over: number;
  let under: number;
  if (a === c) {
    over = gap * s;
    under = 1 - s;
  } else {
    const q = fa / fc;
    const r = fb / fc;
    over = s * (gap * q * (q - r) - (b - a) * (r - 1));
    under = (q - 1) * (r - 1) * (s - 1);
  }
  if (over > 0) under = -under;
  else over = -over;
  const inside = over < 0.75 * gap * under - Math.abs(near * under) / 2;
  return inside && over < Math.abs((moved * under) / 2) ? over / under : null;
}
