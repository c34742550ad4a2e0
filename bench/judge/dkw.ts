/**
 * How far two cumulative distributions are apart at an edge, stable's above the candidate's, and how
 * far chance may take them at any time: the sum of both radii, each at alpha / 2. Counts by bucket,
 * the last above every edge.
 */
export function dkwExcess(
  stable: readonly number[],
  candidate: readonly number[],
  alpha: number,
): { sup: number; radii: number } {
  const totals = [stable, candidate].map((counts) => counts.reduce((a, b) => a + b, 0));
  const [stableTotal = 0, candidateTotal = 0] = totals;
  if (stableTotal === 0 || candidateTotal === 0) return { sup: 0, radii: Infinity };
  let sup = 0;
  let low = 0;
  let high = 0;
  for (let index = 0; index < stable.length - 1; index += 1) {
    low += stable[index] ?? 0;
    high += candidate[index] ?? 0;
    sup = Math.max(sup, low / stableTotal - high / candidateTotal);
  }
  return { sup, radii: dkwRadius(stableTotal, alpha / 2) + dkwRadius(candidateTotal, alpha / 2) };
}

/** Uniform in time and over the line. Howard and Ramdas, Bernoulli 28(3), 2022. */
export function dkwRadius(n: number, alpha: number): number {
  const iterated = Math.log(Math.log(Math.E * n)) + 0.8 * Math.log(1612 / alpha);
  return 0.85 * Math.sqrt(iterated / n);
}

/** The alpha at which the bands would just touch, by bisection of its logarithm. */
export function dkwPValue(sup: number, n: number, m: number): number {
  let low = -700;
  let high = 0;
  for (let step = 0; step < 200; step += 1) {
    const middle = (low + high) / 2;
    const alpha = Math.exp(middle) / 2;
    if (dkwRadius(n, alpha) + dkwRadius(m, alpha) > sup) low = middle;
    else high = middle;
  }
  return Math.exp(high);
}
