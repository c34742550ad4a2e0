/** Instants are milliseconds since 1970 in UTC. Nothing here reads a clock. */

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?Z$/;

/** Milliseconds of an ISO 8601 instant in UTC; null for anything else, impossible dates included. */
export function parseInstant(text: string): number | null {
  if (!ISO.test(text)) return null;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return null;
  return new Date(ms).toISOString().slice(0, 16) === text.slice(0, 16) ? ms : null;
}

/** `2026-11-21T04:00:00.000Z` */
export function formatInstant(ms: number): string {
  return new Date(ms).toISOString();
}
