import type { Context } from './command.ts';

const UP_AND_CLEAR = (lines: number): string => (lines === 0 ? '' : `\u001b[${lines}A\u001b[J`);

/**
 * Text that is drawn again in the same place of a terminal. A line that is longer than the terminal
 * is wide, or a text that is longer than it is high, would be counted wrong: both are cut while it
 * moves, and whole when it stays.
 */
export class LiveText {
  private readonly context: Context;
  private lines = 0;

  constructor(context: Context) {
    this.context = context;
  }

  show(text: string): void {
    const { columns, rows } = this.context.terminalSize();
    const lines = text.trimEnd().split('\n');
    const cut = lines.slice(0, Math.max(1, rows - 1)).map((line) => shortened(line, columns));
    this.context.printText(`${UP_AND_CLEAR(this.lines)}${cut.join('\n')}\n`);
    this.lines = cut.length;
  }

  /** A line that stays, above what moves; what moves is gone until it is shown again. */
  above(line: string): void {
    this.context.printText(`${UP_AND_CLEAR(this.lines)}${line}\n`);
    this.lines = 0;
  }

  /** The last one, whole. */
  stay(text: string): void {
    this.context.printText(`${UP_AND_CLEAR(this.lines)}${text}`);
    this.lines = 0;
  }
}

function shortened(line: string, columns: number): string {
  const characters = [...line];
  if (characters.length < columns) return line;
  return `${characters.slice(0, Math.max(0, columns - 2)).join('')}…`;
}
