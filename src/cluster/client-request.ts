import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { CertificationRequest, CertificationRequestInfo } from '@peculiar/asn1-csr';
import { AsnConvert } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  Name,
  RelativeDistinguishedName,
  SubjectPublicKeyInfo,
} from '@peculiar/asn1-x509';
import { Secret } from '../core/secret.ts';

/** Whom a client certificate is for: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates */
export interface ClientSubject {
  user: string;
  groups: readonly string[];
}

/** A fresh key (PKCS#8) and the request for its certificate (PKCS#10), both PEM. The key never leaves this computer. */
export function newClientRequest(subject: ClientSubject): { key: Secret; requestPem: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return {
    key: new Secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
    requestPem: pemOf('CERTIFICATE REQUEST', signedRequest(subject, publicKey, privateKey)),
  };
}

/** https://www.rfc-editor.org/rfc/rfc2986 */
function signedRequest(subject: ClientSubject, publicKey: KeyObject, privateKey: KeyObject): ArrayBuffer {
  const certificationRequestInfo = new CertificationRequestInfo({
    subject: nameOf(subject),
    subjectPKInfo: AsnConvert.parse(publicKey.export({ type: 'spki', format: 'der' }), SubjectPublicKeyInfo),
  });
  const toBeSigned = Buffer.from(AsnConvert.serialize(certificationRequestInfo));
  return AsnConvert.serialize(
    new CertificationRequest({
      certificationRequestInfo,
      signatureAlgorithm: new AlgorithmIdentifier({ algorithm: ecdsaWithSha256 }),
      signature: new Uint8Array(sign('sha256', toBeSigned, privateKey)).buffer,
    }),
  );
}

const ecdsaWithSha256 = '1.2.840.10045.4.3.2';
const organization = '2.5.4.10';
const commonName = '2.5.4.3';

function nameOf({ user, groups }: ClientSubject): Name {
  const part = (type: string, text: string) =>
    new RelativeDistinguishedName([
      new AttributeTypeAndValue({ type, value: new AttributeValue({ utf8String: text }) }),
    ]);
  return new Name([...groups.map(group => part(organization, group)), part(commonName, user)]);
}

function pemOf(label: string, der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
