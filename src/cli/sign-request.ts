import { signerOf } from '../app.ts';
import { toBase64 } from '../base/bytes.ts';
import type { Result } from '../base/result.ts';
import type { DecisionRequest } from '../core/decision/request.ts';
import { signOffDocument } from '../core/decision/sign-off.ts';
import { OpenRequest, PromotionView, type Signed } from '../protocol/controller.ts';
import type { ControllerClient } from './controller-client.ts';

export interface SignOff {
  keyFile: string;
  person: string;
  role: string;
  choice: 'approve' | 'reject';
  atMs: number;
}

/**
 * The open decision request of a promotion; `conflict` where there is none. Its form is not checked
 * here: the controller checks a signed one again byte by byte.
 */
export async function openRequest(
  client: ControllerClient,
  id: string,
): Promise<Result<DecisionRequest>> {
  const open = await client.ask(OpenRequest, 'GET', `/request?id=${encodeURIComponent(id)}`);
  if (!open.ok) return open;
  return { ok: true, value: open.value.request as unknown as DecisionRequest };
}

/** Signs the request's bytes with the person's key and hands them in. */
export async function signRequest(
  client: ControllerClient,
  request: DecisionRequest,
  { keyFile, ...signOff }: SignOff,
): Promise<Result<PromotionView>> {
  const signer = await signerOf(keyFile);
  if (!signer.ok) return signer;
  const document = signOffDocument(request, signOff);
  const signature = await signer.value.sign(new TextEncoder().encode(document));
  if (!signature.ok) return signature;
  const body: Signed = { id: request.promotion, document, signature: toBase64(signature.value) };
  return await client.ask(PromotionView, 'POST', '/sign', body);
}
