/** What spreadsheets take for the beginning of a formula, full-width forms included. */
const FORMULA = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/;
const MARK = "'";
const QUOTED = /[",\r\n]/;

/**
 * One record of RFC 4180, its CRLF included. A text that a spreadsheet would calculate gets an
 * apostrophe in front, and so does one that begins with an apostrophe: taking one away gives every
 * text back. Numbers are written as they are.
 */
export function csvRecord(fields: readonly (string | number | null)[]): string {
  return `${fields.map(csvField).join(',')}\r\n`;
}

function csvField(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = FORMULA.test(value) || value.startsWith(MARK) ? `${MARK}${value}` : value;
  return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
