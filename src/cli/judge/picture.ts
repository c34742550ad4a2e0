import { type ScaleTime, scaleLinear, scaleUtc } from 'd3-scale';
import { curveStepAfter, line } from 'd3-shape';
import type { Course, CoursePoint } from '../../core/judge/course.ts';

const WIDTH = 960;
const HEIGHT = 440;
const PLOT = { left: 76, right: 32, top: 96, bottom: 46 } as const;
/** Shown decades of e-values: what lies beyond is drawn at the rim. */
const LOWEST = -3;
const LN_10 = Math.LN10;
/** Told apart without colour as well: each has dashes of its own. */
const GO = [
  { colour: '#1b7837', dash: '' },
  { colour: '#2166ac', dash: '7 3' },
  { colour: '#762a83', dash: '2 3' },
  { colour: '#8c510a', dash: '9 3 2 3' },
] as const;
const BACK = '#b2182b';

interface Line {
  d: string;
  colour: string;
  dash: string;
  label: string;
}

/**
 * The way of the e-values against their thresholds as an SVG of its own: one line for rolling back,
 * one a required metric for going on. For people; the numbers are in the verdict.
 */
export function judgePicture({ points, verdict }: Course, title: string): string {
  const x = scaleUtc()
    .domain([points[0]?.endMs ?? 0, points.at(-1)?.endMs ?? 1])
    .range([PLOT.left, WIDTH - PLOT.right]);
  const highest = highestDecade(points, verdict.lnEThreshold);
  const y = scaleLinear()
    .domain([LOWEST, highest])
    .range([HEIGHT - PLOT.bottom, PLOT.top]);
  const path = (lnOf: (point: CoursePoint) => number | null): string => {
    const draw = line<CoursePoint>()
      .defined((point) => lnOf(point) !== null)
      .x((point) => x(point.endMs))
      .y((point) => y(Math.max(LOWEST, Math.min(highest, (lnOf(point) ?? 0) / LN_10))))
      .curve(curveStepAfter);
    return draw([...points]) ?? '';
  };
  const required = verdict.metrics.filter((one) => one.required);
  const lines: Line[] = required.map(({ metric }, index) => {
    const style = GO[index % GO.length] ?? GO[0];
    const d = path(({ metrics }) => metrics.find((m) => m.metric === metric)?.lnEPromote ?? null);
    return { d, ...style, label: `not worse: ${metric}` };
  });
  lines.push({ d: path(({ lnE }) => lnE), colour: BACK, dash: '', label: 'worse (all metrics)' });
  const crossing = points.find(({ seq }) => seq === verdict.crossedSeq);
  const marks = [
    threshold(y(verdict.lnEThreshold / LN_10), 'rolls back', BACK),
    ...required
      .slice(0, 1)
      .map(({ lnEPromoteThreshold }) =>
        threshold(y(lnEPromoteThreshold / LN_10), 'shown not worse', GO[0].colour),
      ),
    ...(crossing === undefined ? [] : [crossingMark(x(crossing.endMs), crossing.seq)]),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${PLOT.left}" y="22" font-size="14" font-weight="bold">${escaped(verdict.kind)}</text>`,
    ...sentence(verdict.reason),
    ...yAxis(y, highest),
    ...xAxis(x),
    ...marks,
    ...lines.map(
      ({ d, colour, dash }) =>
        `<path d="${d}" fill="none" stroke="${colour}" stroke-width="1.8"${dash === '' ? '' : ` stroke-dasharray="${dash}"`}/>`,
    ),
    ...legend(lines),
    '</svg>',
    '',
  ].join('\n');
}

function highestDecade(points: readonly CoursePoint[], lnThreshold: number): number {
  let most = lnThreshold;
  for (const { lnE, metrics } of points) {
    most = Math.max(most, lnE, ...metrics.map(({ lnEPromote }) => lnEPromote ?? 0));
  }
  return Math.min(Math.ceil(most / LN_10) + 0.5, Math.ceil(lnThreshold / LN_10) + 3);
}

function yAxis(y: (value: number) => number, highest: number): string[] {
  const ticks = Array.from({ length: Math.floor(highest) - LOWEST + 1 }, (_, i) => LOWEST + i);
  return ticks.map((decade) => {
    const at = y(decade).toFixed(1);
    const label = `${decade === LOWEST ? '≤ ' : ''}${powerText(decade)}`;
    return (
      `<line x1="${PLOT.left}" x2="${WIDTH - PLOT.right}" y1="${at}" y2="${at}" stroke="#e5e5e5"/>` +
      `<text x="${PLOT.left - 6}" y="${Number(at) + 4}" text-anchor="end" fill="#555">${label}</text>`
    );
  });
}

/** `10⁻²`, `1`, `1000`. */
function powerText(decade: number): string {
  if (decade >= 0 && decade <= 3) return String(10 ** decade);
  const digits = [...String(Math.abs(decade))].map((digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]);
  return `10${decade < 0 ? '⁻' : ''}${digits.join('')}`;
}

function xAxis(x: ScaleTime<number, number>): string[] {
  const [from, to] = x.domain();
  const lengthMs = (to?.getTime() ?? 0) - (from?.getTime() ?? 0);
  const isLong = lengthMs > 86_400_000;
  const isShort = lengthMs < 600_000;
  const format = x.tickFormat(8, isLong ? '%d.%m. %H:%M' : isShort ? '%H:%M:%S' : '%H:%M');
  const bottom = HEIGHT - PLOT.bottom;
  return [
    ...x.ticks(8).map((tick) => {
      const at = x(tick).toFixed(1);
      return (
        `<line x1="${at}" x2="${at}" y1="${bottom}" y2="${bottom + 5}" stroke="#999"/>` +
        `<text x="${at}" y="${bottom + 18}" text-anchor="middle" fill="#555">${escaped(format(tick))}</text>`
      );
    }),
    `<text x="${WIDTH - PLOT.right}" y="${HEIGHT - 8}" text-anchor="end" fill="#555">end of interval, UTC</text>`,
    `<text x="${PLOT.left}" y="${PLOT.top - 10}" fill="#555">e-value</text>`,
  ];
}

function threshold(at: number, label: string, colour: string): string {
  const y = at.toFixed(1);
  return (
    `<line x1="${PLOT.left}" x2="${WIDTH - PLOT.right}" y1="${y}" y2="${y}" stroke="${colour}" stroke-dasharray="4 4"/>` +
    `<text x="${WIDTH - PLOT.right - 4}" y="${Number(y) - 4}" text-anchor="end" fill="${colour}">${label}</text>`
  );
}

function crossingMark(at: number, seq: number): string {
  const x = at.toFixed(1);
  const label = `<text x="${Number(x) + 5}" y="${HEIGHT - PLOT.bottom - 8}" fill="${BACK}">interval ${seq}</text>`;
  return `<line x1="${x}" x2="${x}" y1="${PLOT.top}" y2="${HEIGHT - PLOT.bottom}" stroke="${BACK}"/>${label}`;
}

function legend(lines: readonly Line[]): string[] {
  return lines.map(({ colour, dash, label }, index) => {
    const x = PLOT.left + 90 + index * 190;
    const stroke = dash === '' ? '' : ` stroke-dasharray="${dash}"`;
    return (
      `<line x1="${x}" x2="${x + 28}" y1="${PLOT.top - 14}" y2="${PLOT.top - 14}" stroke="${colour}" stroke-width="2"${stroke}/>` +
      `<text x="${x + 34}" y="${PLOT.top - 10}" fill="#333">${escaped(label)}</text>`
    );
  });
}

/** On two lines at most. */
function sentence(text: string): string[] {
  const words = text.split(' ');
  const rows = ['', ''];
  for (const word of words) {
    const row = `${rows[0]} ${word}`.length <= LINE_MAX && rows[1] === '' ? 0 : 1;
    rows[row] = `${rows[row]} ${word}`.trim();
  }
  const [first = '', second = ''] = rows;
  const end = second.length <= LINE_MAX ? second : `${second.slice(0, LINE_MAX - 1)}…`;
  return [first, end].map(
    (row, index) =>
      `<text x="${PLOT.left}" y="${40 + 17 * index}" fill="#333">${escaped(row)}</text>`,
  );
}

const LINE_MAX = 135;

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
