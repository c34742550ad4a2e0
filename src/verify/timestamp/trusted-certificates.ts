import { equalBytes } from '../../base/bytes.ts';
import { problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { type Certificate, certificatesOfPem, isIssuedBy } from './certificate.ts';
import type { TrustedCertificates } from './verify-timestamp.ts';

/** What a PEM text of CA certificates pins. `invalid-file` where there is no root among them. */
export function trustedCertificates(pem: string): Result<TrustedCertificates> {
  const read = certificatesOfPem(pem);
  if (!read.ok) return read;
  const roots = read.value.filter(isRoot);
  const others = read.value.filter((one) => !isRoot(one));
  if (roots.length > 0) return ok({ roots, others });
  return fail(problem('invalid-file', 'it holds no certificate that is signed by itself'));
}

function isRoot(certificate: Certificate): boolean {
  return (
    equalBytes(certificate.issuer, certificate.subject) && isIssuedBy(certificate, certificate)
  );
}
