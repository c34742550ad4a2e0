import type { Claim, PackReport } from '../verify/pack/claim.ts';

/** The report for people: one claim a paragraph, what does not hold first in line. */
export function reportText(report: PackReport): string {
  const { release, promotion, outcome, claims, verified } = report;
  const lines = [
    ...(release === '' ? [] : [`${release}: ${outcome} (${promotion})`, '']),
    ...claims.flatMap(claimLines),
    '',
    keyLine(report),
    verified
      ? 'VERIFIED: every claim that can be recomputed holds.'
      : 'NOT VERIFIED: what is marked with FAIL does not hold.',
  ];
  return `${lines.map(plain).join('\n')}\n`;
}

function claimLines({ claim, file, method, basis, holds, detail }: Claim): string[] {
  const mark = holds === null ? '-   ' : holds ? 'ok  ' : 'FAIL';
  return [`${mark} ${basis.padEnd(10)}  ${claim}`, `      ${file} <- ${method}`, `      ${detail}`];
}

function keyLine({ logKey, isLogKeyPinned }: PackReport): string {
  if (logKey === '') return "The log's key is not known.";
  if (isLogKeyPinned) return `All of it rests on the log key that you named: ${logKey}`;
  return `All of it rests on a log key that is the pack's own word: ${logKey}\nName the key that you have from elsewhere: --log-key KEY`;
}

/** A hostile pack has no say over the terminal. */
const plain = (line: string): string =>
  line.replace(/[\p{Cc}\u2028\u2029]+/gu, (text) => (text === '\n' ? text : ' '));
