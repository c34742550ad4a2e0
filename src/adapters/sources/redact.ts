/**
 * A text for a person and for the ledger, in which no URL gives a secret away: user and password
 * are left out, and so are fragments and the values of query fields that are named like a secret.
 */
export function redact(text: string): string {
  return text.replace(/\b[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi, redactUrl);
}

const SECRET_NAME = /token|key|passw|pwd|secret|sig|auth|credential|session|jwt/i;
const MASK = '***';

/** A URL that can't be read can't be cleaned either, and is left out whole. */
function redactUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return '(a URL)';
  }
  if (url.username !== '' || url.password !== '') {
    url.username = MASK;
    url.password = '';
  }
  for (const name of new Set(url.searchParams.keys())) {
    if (SECRET_NAME.test(name)) url.searchParams.set(name, MASK);
  }
  url.hash = '';
  return url.href;
}
