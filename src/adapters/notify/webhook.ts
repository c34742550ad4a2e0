import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Message } from '../../engine/ports.ts';

/**
 * Posts a message as JSON. `dedupKey` is its id: a receiver that keeps ids shows it once, even where
 * an answer was lost and it is sent again. Redirects are not followed. The URL is a secret, as the
 * common chat services use it, and is named in no problem.
 */
export async function postWebhook(
  url: string,
  message: Message,
  deadlineMs: number,
): Promise<Result<void>> {
  const lost = (why: string): Result<void> =>
    fail(problem('unavailable', `the webhook did not take the message: ${why}`));
  try {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ dedupKey: message.id, ...message }),
      signal: AbortSignal.timeout(deadlineMs),
    });
    await response.body?.cancel();
    return response.ok ? ok(undefined) : lost(`it answered ${response.status}`);
  } catch (error) {
    return lost(reasonOf(error, deadlineMs));
  }
}

/** fetch quotes the URL in some of its messages, so only codes and its own words are passed on. */
function reasonOf(error: unknown, deadlineMs: number): string {
  if (error instanceof Error && error.name === 'TimeoutError') {
    return `no answer within ${deadlineMs} ms`;
  }
  const cause = error instanceof Error ? error.cause : undefined;
  if (typeof cause === 'object' && cause !== null && 'code' in cause) return String(cause.code);
  return 'it cannot be reached';
}
