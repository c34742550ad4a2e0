const TRACE_LINES = 6;

/**
 * For an exception that nothing expected: what to send us. Option values are left out, they may name
 * key files; nothing of the environment but Node and the machine's kind.
 */
export function bugReport(error: unknown, version: string, words: readonly string[]): string[] {
  const { name, message, stack } =
    error instanceof Error ? error : { name: 'thrown', message: String(error), stack: '' };
  const frames = (stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const call = words.map((word, place) => {
    const isValue = place > 0 && (words[place - 1] ?? '').startsWith('-') && !word.startsWith('-');
    return isValue ? '...' : word.replace(/=.*/s, '=...');
  });
  return [
    `error: a bug in Aurora: ${name}: ${message}`,
    ...frames.slice(0, TRACE_LINES),
    `  auroractl ${version}, Node ${process.version}, ${process.platform}-${process.arch}`,
    `  called as: auroractl ${call.join(' ')}`,
    'hint: report these lines to the project',
  ];
}
