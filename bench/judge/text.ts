import type { Delay, Share } from './scoring.ts';

export function percent(part: number): string {
  const value = 100 * part;
  const digits = value !== 0 && value < 10 ? 2 : 1;
  return `${Number(value.toFixed(digits))} %`;
}

/** `0.75 % (15 of 2000; 0.42 to 1.23 %)` */
export function shareText({ count, of, low, high }: Share): string {
  if (of === 0) return '-';
  const bounds = `${percent(low).replace(' %', '')} to ${percent(high)}`;
  return `${percent(count / of)} (${count} of ${of}; ${bounds})`;
}

export function minutesText(minutes: number): string {
  if (!Number.isFinite(minutes)) return 'never';
  return minutes.toLocaleString('en', { maximumFractionDigits: 0 });
}

/** `339 (310 to 355), p90 636`; half of the releases have to be found for a median. */
export function delayText({ median, medianLow, medianHigh, p90, found }: Delay): string {
  if (found.of === 0) return '-';
  if (!Number.isFinite(median)) return `never; ${percent(found.count / found.of)} found`;
  const bounds = `${minutesText(medianLow)} to ${minutesText(medianHigh)}`;
  return `${minutesText(median)} (${bounds}), p90 ${minutesText(p90)}`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (list: readonly string[]): string => `| ${list.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line), ''];
}
