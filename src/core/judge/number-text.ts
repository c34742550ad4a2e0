import { exp } from '../../base/math.ts';

/** An e-value as a person reads it: `0.31`, `412`, `10^27`. */
export function eValueText(lnE: number): string {
  const decades = lnE / LN_10;
  if (decades >= 6) return `10^${Math.floor(decades)}`;
  if (decades <= -4) return `10^${Math.ceil(decades)}`;
  return plainText(exp(lnE));
}

const LN_10 = Math.LN10;

/** Three significant digits without an exponent: `0.00123`, `1.5`, `412`, `6020`. */
export function plainText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-6)) return value.toExponential(2);
  if (size >= 100) return String(Math.round(value));
  const rounded = Number(value.toPrecision(3));
  return size >= 1e-6 || size === 0 ? String(rounded) : rounded.toExponential(2);
}

/** `1.23 %` of a share. */
export function percentText(share: number): string {
  return `${plainText(100 * share)} %`;
}
