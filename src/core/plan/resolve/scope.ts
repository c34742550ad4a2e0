import { DURATION_FORM, parseDuration } from '../../../base/duration.ts';
import { keyPosition, nodeAt, type SourceNode, type SourcePath } from '../../file/source-node.ts';
import { type Fault, type Finding, findingAt, quoteValue } from '../finding.ts';

/** Where findings about a read file go; places come from the paths. */
export class Scope {
  readonly findings: Finding[] = [];
  private readonly file: string;
  private readonly root: SourceNode;

  constructor(file: string, root: SourceNode) {
    this.file = file;
    this.root = root;
  }

  /** At the value. */
  report(path: SourcePath, fault: Fault): void {
    this.findings.push(findingAt(this.file, nodeAt(this.root, path).at, path, fault));
  }

  /** At the key: the thing as a whole is meant. */
  reportKey(path: SourcePath, fault: Fault): void {
    this.findings.push(findingAt(this.file, keyPosition(this.root, path), path, fault));
  }

  /** Milliseconds of a text that has the form of a duration; the default where there is none. */
  ms(path: SourcePath, text: string | undefined, defaultMs: number): number {
    if (text === undefined) return defaultMs;
    const ms = parseDuration(text);
    if (ms !== null) return ms;
    // The form fits, the size doesn't: parts of a millisecond, or more than a number can hold.
    const message = `expected ${DURATION_FORM}, found ${quoteValue(text)}`;
    this.report(path, { code: 'wrong-value', message });
    return defaultMs;
  }

  /** A short form that its grammar did not read. */
  shorthand(path: SourcePath, form: string, text: string): void {
    const message = `expected ${form}, found ${quoteValue(text)}`;
    this.report(path, { code: 'bad-shorthand', message });
  }
}
