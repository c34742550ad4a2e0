/** What a command has to show, for people as a table and for programs as a document. */
export interface View {
  /** `ProfileLockList`: with apiVersion the contract of -o json and yaml. */
  kind: string;
  data: object;
  columns: readonly Column[];
  rows: readonly (readonly string[])[];
}

export interface Column {
  title: string;
  /** Shown by -o wide only. */
  wide?: boolean;
}

const API_VERSION = 'aurora/v1';

/** The whole text for stdout. */
export async function renderView(view: View, format: string | null): Promise<string> {
  const document = { apiVersion: API_VERSION, kind: view.kind, ...view.data };
  if (format === 'json') return `${JSON.stringify(document, null, 2)}\n`;
  if (format === 'yaml') {
    const { yamlText } = await import('./yaml-text.ts');
    return yamlText(document);
  }
  return renderTable(view, format === 'wide');
}

/** Borderless, aligned, no colour: it is made to be piped. The last column is not padded. */
function renderTable(view: View, wide: boolean): string {
  const shown = view.columns
    .map((column, index) => ({ column, index }))
    .filter(({ column }) => wide || column.wide !== true);
  const lines = [
    shown.map(({ column }) => column.title),
    ...view.rows.map((row) => shown.map(({ index }) => oneLine(row[index] ?? ''))),
  ];
  const widths = shown.map((_, place) =>
    Math.max(...lines.map((line) => (line[place] ?? '').length)),
  );
  const text = lines.map((line) =>
    line
      .map((cell, place) => cell.padEnd(widths[place] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${text.join('\n')}\n`;
}

/** A cell may quote a hostile file: no line breaks and no terminal escapes get through. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}
