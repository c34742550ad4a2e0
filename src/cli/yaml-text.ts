import { stringify } from 'yaml';

/** In a file of its own: only -o yaml waits for the library. Repeated values are written out again. */
export function yamlText(document: object): string {
  return stringify(document, { aliasDuplicateObjects: false });
}
