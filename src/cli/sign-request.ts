import { gpgSignOffOf, personalKeyOf, sshSignatureOf } from '../app.ts';
import { present } from '../base/assert.ts';
import { toBase64, utf8 } from '../base/bytes.ts';
import { ok, type Result } from '../base/result.ts';
import { unarmorSshsig } from '../base/sshsig.ts';
import { SIGN_OFF_NAMESPACE } from '../core/decision/person-signature.ts';
import type { DecisionRequest } from '../core/decision/request.ts';
import { signOffDocument } from '../core/decision/sign-off.ts';
import { OpenRequest, PromotionView, type Signed } from '../protocol/controller.ts';
import type { ControllerClient } from './controller-client.ts';

/** What a person signs with, by the form of their key in the plan. */
export type SigningKey =
  | { kind: 'file'; path: string }
  /** A private key, or the public half of one that an agent holds. */
  | { kind: 'ssh'; path: string }
  /** As gpg finds it. */
  | { kind: 'gpg'; key: string };

export interface SignOff {
  by: SigningKey;
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
  { by, ...signOff }: SignOff,
): Promise<Result<PromotionView>> {
  const document = signOffDocument(request, signOff);
  const signature = await signatureBy(by, utf8(document));
  if (!signature.ok) return signature;
  const body: Signed = { id: request.promotion, document, signature: toBase64(signature.value) };
  return await client.ask(PromotionView, 'POST', '/sign', body);
}

async function signatureBy(by: SigningKey, message: Uint8Array): Promise<Result<Uint8Array>> {
  switch (by.kind) {
    case 'file': {
      const key = await personalKeyOf(by.path);
      return key.ok ? ok(key.value.sign(message)) : key;
    }
    case 'ssh': {
      const armored = await sshSignatureOf(message, by.path, SIGN_OFF_NAMESPACE);
      if (!armored.ok) return armored;
      return ok(present(unarmorSshsig(armored.value), 'a signature that was looked at'));
    }
    case 'gpg':
      return await gpgSignOffOf(message, by.key);
  }
}
