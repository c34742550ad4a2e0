/** The two names of a matcher's operators and strings are Prometheus' own: no offset, no range. */
const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const TEXT = '"(?:[^"\\\\\\n]|\\\\.)*"|\'(?:[^\'\\\\\\n]|\\\\.)*\'|`[^`]*`';
const MATCHER = `\\s*[a-zA-Z_][a-zA-Z0-9_]*\\s*(?:=~|!~|!=|=)\\s*(?:${TEXT})\\s*`;
const SELECTOR = new RegExp(`^(${NAME})\\s*(\\{(?:${MATCHER}(?:,${MATCHER})*,?)?\\s*\\})?$`);
const LENGTH_MAX = 1_000;

export const SELECTOR_FORM = 'a plain selector such as http_requests_total{track="$track"}';

/**
 * A metric's name and its matchers as Prometheus writes them; null: an expression, or no selector.
 * https://prometheus.io/docs/prometheus/latest/querying/basics/#instant-vector-selectors
 */
export function parseSelector(text: string): { name: string; matchers: string } | null {
  const line = text.trim();
  if (line.length > LENGTH_MAX) return null;
  const [, name, matchers = ''] = SELECTOR.exec(line) ?? [];
  return name === undefined ? null : { name, matchers };
}

const TRACK = /\$track(?![a-zA-Z0-9_])/g;

/** Whether a query tells one track from the other. */
export function namesTrack(query: string): boolean {
  return query.search(TRACK) !== -1;
}

/** The query of one track. */
export function queryOf(query: string, track: string): string {
  return query.replace(TRACK, () => track);
}
