/**
 * What a terminal showed, as a picture: text on stdin, SVG on stdout.
 * `auroractl demo | node tools/terminal-picture.ts > docs/pictures/demo.svg`
 */
import { readFileSync } from 'node:fs';

const FONT_PX = 13;
const COLUMN_PX = 7.83;
const LINE_PX = 18;
const EDGE_PX = 16;
const COLUMNS_MAX = 120;

/** Lines of another colour, by what stands in them; the first that fits. */
const COLOURS: readonly (readonly [RegExp, string])[] = [
  [/^\$ /, '#8be9fd'],
  [/rolled.back|going back|error:|: fail/i, '#ff7b72'],
  [/ GA$|promoted$|is stable now|intact|rehearsed|✔/, '#7ee787'],
  [/^\d\. |●/, '#f2cc60'],
];

function colourOf(line: string): string {
  return COLOURS.find(([pattern]) => pattern.test(line))?.[1] ?? '#c9d1d9';
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function cut(line: string): string {
  return line.length > COLUMNS_MAX ? `${line.slice(0, COLUMNS_MAX - 1)}…` : line;
}

const lines = readFileSync(0, 'utf8').trimEnd().split('\n').map(cut);
const width = Math.ceil(Math.max(...lines.map(({ length }) => length)) * COLUMN_PX + 2 * EDGE_PX);
const height = lines.length * LINE_PX + 2 * EDGE_PX;
const texts = lines.map((line, row) => {
  const y = EDGE_PX + (row + 0.75) * LINE_PX;
  return `<text x="${EDGE_PX}" y="${y}" fill="${colourOf(line)}" xml:space="preserve">${escaped(line)}</text>`;
});
process.stdout.write(
  [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="100%" height="100%" rx="8" fill="#0d1117"/>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${FONT_PX}">`,
    ...texts,
    '</g>',
    '</svg>',
    '',
  ].join('\n'),
);
