const LINE_LENGTH_MAX = 200;

/** The text of a short form, or nothing where it is so long that matching it could take for ever. */
export function shortLine(text: string): string {
  const line = text.length > LINE_LENGTH_MAX ? '' : text.trim();
  return line.includes('\n') ? '' : line;
}

/** A number as it stands in a short form, with what stands behind it. */
export interface Quantity {
  value: number;
  /** `%`, `ms`, `s`, a unit of the plan's own, or empty. */
  unit: string;
}

const NUMBER_PATTERN = '-?\\d+(?:\\.\\d+)?(?:[eE][-+]?\\d{1,3})?';
export const QUANTITY_PATTERN = `${NUMBER_PATTERN}\\s*(?:%|[A-Za-z][A-Za-z/]*)?`;

const QUANTITY = new RegExp(`^(${NUMBER_PATTERN})\\s*(%|[A-Za-z][A-Za-z/]*)?$`);

export function parseQuantity(text: string): Quantity | null {
  const [, digits, unit] = QUANTITY.exec(text.trim()) ?? [];
  if (digits === undefined) return null;
  const value = Number(digits);
  return Number.isFinite(value) ? { value, unit: unit ?? '' } : null;
}

/** Milliseconds in a unit of time, or 0. */
const TIME_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * The quantity in the unit of what it is compared with; null where the units don't fit. Percent
 * become a share; times are converted; no unit means the unit itself. `5%` is 0.05 exactly as JSON
 * would read it: the digits are shifted, not divided, so that 28% is 0.28 on every machine.
 */
export function inUnit(quantity: Quantity, unit: string): number | null {
  if (quantity.unit === '' || quantity.unit === unit) return quantity.value;
  if (quantity.unit === '%') return Number(`${quantity.value}e-2`);
  const from = TIME_MS[quantity.unit];
  const to = TIME_MS[unit];
  return from === undefined || to === undefined ? null : (quantity.value * from) / to;
}
