import { generateKeyPairSync, randomBytes } from 'node:crypto';

/** A key pair as OpenSSH writes it to files. */
export interface OpenSshPair {
  /** PEM, not encrypted. */
  privateKey: string;
  /** `ssh-ed25519 AAAA… comment` */
  publicKey: string;
}

const keyType = 'ssh-ed25519';

/**
 * Makes an Ed25519 key pair, without starting a program: a fleet of thousands needs one for each machine. The form is
 * https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key
 */
export function makeEd25519(comment: string): OpenSshPair {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const publicPart = Buffer.from(jwk.x ?? '', 'base64url');
  const publicBlob = Buffer.concat([field(keyType), field(publicPart)]);
  const secret = privateSection(Buffer.from(jwk.d ?? '', 'base64url'), publicPart, comment);
  const key = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...['none', 'none', ''].map(field),
    number(1),
    field(publicBlob),
    field(secret),
  ]);
  return { privateKey: pem(key), publicKey: `${keyType} ${publicBlob.toString('base64')} ${comment}` };
}

/** The same random number twice tells whether a decryption was right; padding counts up to a whole block of 8. */
function privateSection(seed: Buffer, publicPart: Buffer, comment: string): Buffer {
  const check = randomBytes(4);
  const parts = [keyType, publicPart, Buffer.concat([seed, publicPart]), comment].map(field);
  const content = Buffer.concat([check, check, ...parts]);
  const padding = Array.from({ length: (8 - (content.length % 8)) % 8 }, (_, index) => index + 1);
  return Buffer.concat([content, Buffer.from(padding)]);
}

function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([number(bytes.length), bytes]);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function pem(key: Buffer): string {
  const lines = key.toString('base64').match(/.{1,70}/g) ?? [];
  return ['-----BEGIN OPENSSH PRIVATE KEY-----', ...lines, '-----END OPENSSH PRIVATE KEY-----', ''].join(
    '\n',
  );
}
