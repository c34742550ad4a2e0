import type { PeerName } from './peers.ts';
import type { CellResult, RuleResult } from './results.ts';
import type { Share } from './scoring.ts';
import { percent } from './text.ts';

const WIDTH = 820;
const LEFT = 160;
const RIGHT = 30;
const ROW = 26;
const FONT = 'font-family="system-ui, sans-serif" font-size="12"';
/** Told apart in grey too: each rule has its own dash and mark. */
const COLOURS = ['#0b6e4f', '#1f78b4', '#b15928', '#6a3d9a', '#e31a1c', '#888888', '#ff7f00'];

interface Rule {
  name: string;
  of: (result: CellResult) => RuleResult | undefined;
}

type Setting = 'documented' | 'tuned';

function ownRules(): Rule[] {
  return [
    { name: 'Aurora, guard off', of: ({ judges }) => judges.off },
    { name: 'Aurora, shipped', of: ({ judges }) => judges.shipped },
  ];
}

function peerRules({ peers }: CellResult, setting: Setting): Rule[] {
  return (Object.keys(peers) as PeerName[]).map((peer) => ({
    name: `${peer}, ${setting}`,
    of: (one) => one.peers[peer]?.[setting],
  }));
}

/** Healthy releases rolled back, by rule, with their 95 % intervals; logarithmic from 0.05 %. */
export function falseAlarmPlot(result: CellResult): string {
  const rules = [...ownRules(), ...peerRules(result, 'documented'), ...peerRules(result, 'tuned')];
  const rows = rules.flatMap(({ name, of }) => {
    const found = of(result)?.rollback.found;
    return found === undefined || found.of === 0 ? [] : [{ name, found }];
  });
  const height = 60 + rows.length * ROW;
  const x = (part: number): number => logScale(part, 0.0005, 1, LEFT, WIDTH - RIGHT);
  const ticks = [0, 0.001, 0.01, 0.1, 1].map((part) =>
    tick(x(part), height - 30, part === 0 ? 'none' : `${100 * part} %`),
  );
  return svg(height, 'Healthy releases rolled back within 72 hours, by rule', [
    ...ticks,
    `<line x1="${x(0.01)}" y1="14" x2="${x(0.01)}" y2="${height - 30}" stroke="#e31a1c" stroke-dasharray="4 3"/>`,
    ...rows.flatMap((row, index) => alarmRow(row, 28 + index * ROW, x)),
  ]);
}

function alarmRow(
  { name, found }: { name: string; found: Share },
  y: number,
  x: (part: number) => number,
): string[] {
  const colour = name.startsWith('Aurora') ? COLOURS[0] : COLOURS[1];
  const own = found.count / found.of;
  return [
    label(LEFT - 8, y + 4, name, 'end'),
    `<line x1="${x(found.low)}" y1="${y}" x2="${x(found.high)}" y2="${y}" stroke="${colour}" stroke-width="2"/>`,
    `<circle cx="${x(own)}" cy="${y}" r="4" fill="${colour}"/>`,
  ];
}

/**
 * Median minutes until the rollback, by effect, for each rule that found half of them; the legend
 * tells how many healthy releases the rule pays for it with.
 */
export function delayPlot(
  results: readonly { text: string; result: CellResult }[],
  healthy: CellResult,
  setting: Setting,
): string {
  const rules = [...ownRules(), ...peerRules(healthy, setting)];
  const height = 420;
  const bottom = height - 40;
  const right = WIDTH - 260;
  const step = (right - 60) / results.length;
  const x = (index: number): number => Math.round(60 + step * (index + 0.5));
  const y = (minutes: number): number => logScale(minutes, 1, 4320, bottom, 20);
  const grid = [1, 10, 60, 240, 1440, 4320].flatMap((minutes) => [
    `<line x1="60" y1="${y(minutes)}" x2="${right}" y2="${y(minutes)}" stroke="#dddddd"/>`,
    label(54, y(minutes) + 4, minutes < 60 ? `${minutes} min` : `${minutes / 60} h`, 'end'),
  ]);
  const lines = rules.flatMap(({ name, of }, index) => {
    const colour = COLOURS[index % COLOURS.length] ?? '#000000';
    const dash = index < 2 ? '' : ` stroke-dasharray="${2 + 2 * index} 3"`;
    const points = results.flatMap(({ result }, at) => {
      const median = of(result)?.rollback.median ?? Infinity;
      return Number.isFinite(median) ? [{ x: x(at), y: y(median) }] : [];
    });
    const path = points.map((point) => `${point.x},${point.y}`).join(' ');
    return [
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"${dash}/>`,
      ...points.map((at) => `<circle cx="${at.x}" cy="${at.y}" r="3" fill="${colour}"/>`),
      `<line x1="${right + 14}" y1="${30 + index * 20}" x2="${right + 44}" y2="${30 + index * 20}" stroke="${colour}" stroke-width="2"${dash}/>`,
      label(right + 50, 34 + index * 20, `${name} (${alarmsText(of(healthy))})`, 'start'),
    ];
  });
  const names = results.map(({ text }, at) => label(x(at), bottom + 20, text, 'middle'));
  const title = `Median minutes until the rollback, by effect; peers as ${setting}; in brackets: healthy releases rolled back`;
  return svg(height, title, [...grid, ...lines, ...names]);
}

function alarmsText(healthy: RuleResult | undefined): string {
  return healthy === undefined
    ? '-'
    : percent(healthy.rollback.found.count / healthy.rollback.found.of);
}

function logScale(value: number, low: number, high: number, from: number, to: number): number {
  const part = Math.log(Math.max(value, low) / low) / Math.log(high / low);
  return Math.round(10 * (from + part * (to - from))) / 10;
}

function tick(x: number, y: number, text: string): string {
  const line = `<line x1="${x}" y1="14" x2="${x}" y2="${y}" stroke="#dddddd"/>`;
  return line + label(x, y + 18, text, 'middle');
}

function label(x: number, y: number, text: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${text}</text>`;
}

function svg(height: number, title: string, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" ${FONT}>`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}
