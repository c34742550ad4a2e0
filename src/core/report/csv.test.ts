import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvRecord } from './csv.ts';

test.each([
  [['a', 1, null, ''], 'a,1,,\r\n'],
  [['a,b', 'say "no"', 'two\nlines'], '"a,b","say ""no""","two\nlines"\r\n'],
  [['=1+1', '+1', '-1', '@SUM(A1)'], "'=1+1,'+1,'-1,'@SUM(A1)\r\n"],
  [["'already", '\tTAB', '\rCR'], "''already,'\tTAB,\"'\rCR\"\r\n"],
  [['=HYPERLINK("http://x","y")'], '"\'=HYPERLINK(""http://x"",""y"")"\r\n'],
  [['\uFF1D1', 'a=1', -5], "'\uFF1D1,a=1,-5\r\n"],
])('%j', (fields, expected) => {
  expect(csvRecord(fields)).toBe(expected);
});

test('a parser of another hand gives every text back, once the apostrophe is taken away', () => {
  const hostile = fc.string({ unit: fc.constantFrom(...`=+-@'", \t\r\n\uFF1Da;`) });
  const text = fc.oneof(hostile, fc.string({ unit: 'binary' }));
  const row = fc.array(text, { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 4 }), (rows) => {
      const read: string[][] = parse(rows.map(csvRecord).join(''), { recordDelimiter: '\r\n' });
      const cells = read.flat();
      expect(cells.filter((cell) => /^[=+\-@\t\r\n\uFF1D]/.test(cell))).toEqual([]);
      expect(cells.map((cell) => cell.replace(/^'/, ''))).toEqual(rows.flat());
    }),
    { numRuns: 50 },
  );
});
