import type { SourceNode, SourcePath } from '../../file/source-node.ts';
import { quoteValue } from '../finding.ts';
import type { Scope } from '../resolve/scope.ts';
import { error } from './rule.ts';

/** Words that people leave where a value is to come, in whole values only. */
const WORDS =
  /^(?:<[^<>]+>|\.\.\.|(?:to-?do|fix-?me|tb[ad]|replace[-_ ]?me|change[-_ ]?me|placeholder|your[-_ ].+)(?:[:\s].*)?)$/i;
/** Digests and keys of one repeated letter. */
const REPEATED = /^(?:([0-9a-f])\1{63}|MCowBQYDK2VwAyEAA{43}=)$/;

const LENGTH_MAX = 100;

/** Values that nobody has filled in. */
export function lintPlaceholders(scope: Scope, root: SourceNode): void {
  visit(root, [], (path, text) => {
    if (!WORDS.test(text.trim()) && !REPEATED.test(text)) return;
    const message = `still to be filled in: ${quoteValue(text)}`;
    scope.report(path, error('placeholder', message));
  });
}

function visit(
  node: SourceNode,
  path: SourcePath,
  look: (path: SourcePath, text: string) => void,
): void {
  if (node.kind === 'scalar') {
    const { value } = node;
    if (typeof value === 'string' && value.length <= LENGTH_MAX) look(path, value);
  } else if (node.kind === 'list') {
    for (const [index, item] of node.items.entries()) visit(item, [...path, index], look);
  } else {
    for (const [key, entry] of node.entries) visit(entry.node, [...path, key], look);
  }
}
