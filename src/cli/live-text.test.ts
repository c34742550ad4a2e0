import { expect, test } from 'vitest';
import type { Context } from './command.ts';
import { LiveText } from './live-text.ts';

function terminal(columns: number, rows: number): { live: LiveText; written: string[] } {
  const written: string[] = [];
  const context = {
    terminalSize: () => ({ columns, rows }),
    printText: (text: string) => void written.push(text),
  } as unknown as Context;
  return { live: new LiveText(context), written };
}

test('drawn again it goes up by exactly the lines that it took', () => {
  const { live, written } = terminal(20, 10);
  live.show('one\ntwo\n');
  live.show('three\n');
  expect(written).toEqual(['one\ntwo\n', '\u001b[2A\u001b[Jthree\n']);
});

test('what does not fit is cut while it moves, and whole when it stays', () => {
  const { live, written } = terminal(8, 3);
  const text = 'a line that is long ✔\nb\nc\nd\n';
  live.show(text);
  live.stay(text);
  expect(written).toEqual(['a line…\nb\n', `\u001b[2A\u001b[J${text}`]);
});

test('a line above stays, and is not counted', () => {
  const { live, written } = terminal(20, 10);
  live.show('tree\n');
  live.above('told');
  live.show('tree\n');
  expect(written).toEqual(['tree\n', '\u001b[1A\u001b[Jtold\n', 'tree\n']);
});
