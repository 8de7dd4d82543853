import { randomUUID } from 'node:crypto';
import { ColdstartError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';

/** The parts of a MAAS API key. The consumer's own secret is always empty. */
export interface ApiKey {
  readonly consumerKey: string;
  readonly tokenKey: string;
  readonly tokenSecret: Secret;
}

/** Reads `CONSUMER_KEY:TOKEN_KEY:TOKEN_SECRET`. Throws CONFIG_INVALID, which never shows the key. */
export function parseApiKey(key: string | Secret, source = 'MAAS_API_KEY'): ApiKey {
  const text = (typeof key === 'string' ? key : key.reveal()).trim();
  const parts = text.split(':');
  const [consumerKey, tokenKey, tokenSecret] = parts;
  if (parts.length !== 3 || !consumerKey || !tokenKey || !tokenSecret || !/^[\x21-\x7e]+$/.test(text)) {
    throw new ColdstartError('CONFIG_INVALID', `${source} is not a MAAS API key`, {
      because: whyNotAKey(text, parts.length),
      hint: 'copy it whole from the user page of MAAS, or from `maas apikey --username USER` on the region',
    });
  }
  return { consumerKey, tokenKey, tokenSecret: new Secret(tokenSecret) };
}

function whyNotAKey(text: string, parts: number): string {
  if (text === '') return 'it is empty';
  if (parts !== 3) return `it has ${parts} ${parts === 1 ? 'part' : 'parts'} between colons instead of three`;
  if (/\s/.test(text)) return 'there is white space in it';
  return 'one of its three parts is empty or has characters that no key has';
}

/**
 * The Authorization header of one try. Call it anew for each: MAAS refuses a nonce that it has seen and a timestamp
 * older than 300 s. PLAINTEXT is what every MAAS client uses: https://www.rfc-editor.org/rfc/rfc5849#section-3.4.4
 */
export function authorization(key: ApiKey, nowMs: number, nonce: string = randomUUID()): string {
  const fields = {
    oauth_version: '1.0',
    oauth_signature_method: 'PLAINTEXT',
    oauth_consumer_key: key.consumerKey,
    oauth_token: key.tokenKey,
    oauth_signature: `&${key.tokenSecret.reveal()}`,
    oauth_nonce: nonce,
    oauth_timestamp: String(Math.floor(nowMs / 1000)),
  };
  const quoted = Object.entries(fields).map(([name, value]) => `${name}="${encodeURIComponent(value)}"`);
  return `OAuth ${quoted.join(', ')}`;
}
