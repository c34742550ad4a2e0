import { Composer, type Document, LineCounter, Parser, type YAMLError } from 'yaml';
import type { Position, SourceFault, SourceNode } from './source-node.ts';
import { walkDocument } from './yaml-walk.ts';

/** No plan comes near it; reading more costs seconds, and a file of this size is a mistake or an attack. */
const TEXT_LENGTH_MAX = 1_048_576;
/** A broken file repeats itself: one bracket too many is reported once for every line after it. */
const SYNTAX_FAULTS_MAX = 20;

export interface YamlSource {
  /** null where the text is no single YAML document. */
  root: SourceNode | null;
  /** In the order of the file. */
  faults: SourceFault[];
}

/**
 * Reads one YAML 1.2 document (core schema) with the place of every key and value. Refused: texts
 * above 1 MiB (unread), several documents, keys twice or that are no plain text, tags, aliases that
 * expand to too much or to themselves, and nesting that no plan needs. Never throws.
 */
export function readYaml(text: string): YamlSource {
  const start = { line: 1, column: 1 };
  if (text.length > TEXT_LENGTH_MAX) {
    const message = `expected at most 1 MiB of text, found ${text.length} characters`;
    return refuse(faultAt(start, 'too-large', message, 'the file was not read'));
  }
  const lines = new LineCounter();
  const at = (offset: number): Position => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const documents = compose(text, lines);
  if (documents === null) {
    return refuse(
      faultAt(start, 'too-deep', 'expected a plain file, found very deep nesting', null),
    );
  }
  const [first, second] = documents;
  if (first === undefined) return refuse(faultAt(start, 'empty-file', 'the file is empty', null));
  const syntax = documents.flatMap(({ errors }) => errors);
  if (syntax.length > 0) return { root: null, faults: syntaxFaults(syntax, at) };
  if (second !== undefined) {
    const place = at(second.range[0]);
    const message = 'expected one document in a file, found another one';
    return refuse(faultAt(place, 'several-documents', message, 'put it in a file of its own'));
  }
  if (first.contents === null) {
    return refuse(faultAt(start, 'empty-file', 'the file is empty', null));
  }
  const { root, faults } = walkDocument(first, at);
  // A tag that nobody knows leaves its value readable.
  const tags = first.warnings.map((warning) => syntaxFault(warning, at));
  return { root, faults: [...tags, ...faults] };
}

function compose(text: string, lines: LineCounter): Document.Parsed[] | null {
  const composer = new Composer({
    version: '1.2',
    schema: 'core',
    prettyErrors: false,
    // Own check in yaml-walk.ts: the library's compares every key with every other.
    uniqueKeys: false,
    logLevel: 'silent',
  });
  try {
    const tokens = new Parser(lines.addNewLine).parse(text);
    return [...composer.compose(tokens)].filter(
      (document) => document.contents !== null || document.errors.length > 0,
    );
  } catch (error) {
    // The library recurses: a hundred thousand open brackets end its stack, not ours.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function refuse(fault: SourceFault): YamlSource {
  return { root: null, faults: [fault] };
}

function faultAt(
  at: Position,
  code: SourceFault['code'],
  message: string,
  hint: string | null,
): SourceFault {
  return { code, at, path: [], message, hint };
}

/**
 * One fault a line, for one slip makes the library stumble several times; behind a tab it misreads
 * all that follows, so that tabs are named alone.
 */
function syntaxFaults(
  errors: readonly YAMLError[],
  at: (offset: number) => Position,
): SourceFault[] {
  const tabs = errors.filter(({ code }) => code === 'TAB_AS_INDENT');
  const told = tabs.length > 0 ? tabs : errors;
  const faults = [...told].sort((a, b) => a.pos[0] - b.pos[0]).map((one) => syntaxFault(one, at));
  return faults
    .filter((fault, index) => faults[index - 1]?.at.line !== fault.at.line)
    .slice(0, SYNTAX_FAULTS_MAX);
}

function syntaxFault(error: YAMLError, at: (offset: number) => Position): SourceFault {
  const { message, hint } = SYNTAX[error.code] ?? { message: plain(error), hint: null };
  return faultAt(at(error.pos[0]), 'yaml-syntax', message, hint);
}

function plain(error: YAMLError): string {
  const text = error.message.split('\n')[0] ?? '';
  return `not valid YAML: ${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}

interface Wording {
  message: string;
  hint: string | null;
}

/** Our words for what the library calls its own; the rest are rare enough to be quoted. */
const SYNTAX: Partial<Record<YAMLError['code'], Wording>> = {
  BAD_ALIAS: { message: 'expected the name of an anchor behind "*"', hint: 'quote the text' },
  BAD_COLLECTION_TYPE: { message: 'expected no tags, found one that starts with "!"', hint: null },
  BAD_DIRECTIVE: {
    message: 'expected no directives, found a line that starts with "%"',
    hint: null,
  },
  BAD_DQ_ESCAPE: {
    message: 'unknown escape behind a backslash in double quotes',
    hint: 'single quotes take a backslash as it is',
  },
  BAD_INDENT: {
    message: 'expected the indentation of the lines around it, or the end of a bracket before it',
    hint: 'keys of one mapping start in the same column',
  },
  BAD_SCALAR_START: {
    message: 'a text may not start with this character',
    hint: 'put the text in quotes',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'expected one value, found a mapping behind another on the same line',
    hint: 'a text with ": " in it is put in quotes',
  },
  BLOCK_IN_FLOW: { message: 'expected no indented block inside brackets', hint: null },
  KEY_OVER_1024_CHARS: { message: 'expected a key of at most 1024 characters', hint: null },
  MULTILINE_IMPLICIT_KEY: {
    message: 'expected a key on a single line',
    hint: 'is a colon missing?',
  },
  RESOURCE_EXHAUSTION: { message: 'expected a plain file, found very deep nesting', hint: null },
  TAB_AS_INDENT: { message: 'expected spaces as indentation, found a tab', hint: null },
  TAG_RESOLVE_FAILED: { message: 'expected no tags, found one that starts with "!"', hint: null },
  UNEXPECTED_TOKEN: {
    message: 'expected a key, a value or the end of the line, found something else',
    hint: null,
  },
};
