import { createHmac } from 'node:crypto';
import { ApiError } from '../http/errors.ts';
import type { Params } from '../http/params.ts';
import type { TokenRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';

export interface SignedRequest {
  method: string;
  url: string;
  authorization: string | undefined;
  query: Params;
  form: Params;
}

const oldestSeconds = 300;
const keptNonces = 100_000;
const requiredNames = [
  'oauth_consumer_key',
  'oauth_token',
  'oauth_signature',
  'oauth_signature_method',
  'oauth_timestamp',
  'oauth_nonce',
] as const;
type OAuthParts = Record<(typeof requiredNames)[number], string>;

/** Checks OAuth 1.0a signatures as MAAS does, its nonces included. One for each region. */
export class OAuthCheck {
  readonly #world: World;
  readonly #nonces = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  /** The token that signed the request; undefined for an anonymous one. 401 when the signature does not hold. */
  verify(request: SignedRequest): TokenRecord | undefined {
    const parts = partsOf(request);
    if (!parts) return undefined;
    const token = this.#tokenOf(parts);
    this.#checkTime(parts.oauth_timestamp);
    this.#checkSignature(parts, token, request);
    this.#checkNonce(parts, token);
    return token;
  }

  #tokenOf(parts: OAuthParts): TokenRecord {
    const { tokens } = this.#world;
    const token = tokens.get(parts.oauth_token);
    if (token && token.consumerKey === parts.oauth_consumer_key) return token;
    const consumers = [...tokens.values()].some(known => known.consumerKey === parts.oauth_consumer_key);
    throw unauthorized(consumers ? `'Invalid access token: ${parts.oauth_token}'` : 'Invalid API key.');
  }

  #checkTime(timestamp: string): void {
    const given = Number.parseInt(timestamp, 10);
    const now = Math.floor(this.#world.clock.now() / 1000);
    if (!Number.isFinite(given)) throw unauthorized(`'Invalid timestamp: ${timestamp}'`);
    if (now - given > oldestSeconds) {
      throw unauthorized(
        `'Expired timestamp: given ${given} and now ${now} has a greater difference than threshold ${oldestSeconds}'`,
      );
    }
  }

  /** The real server tells the right secret to whoever has sent a wrong one; so does the lab. */
  #checkSignature(parts: OAuthParts, token: TokenRecord, request: SignedRequest): void {
    const method = parts.oauth_signature_method;
    const key = `&${token.tokenSecret}`;
    if (method === 'PLAINTEXT') {
      const given = parts.oauth_signature;
      if (given !== key && given !== encodeURIComponent(key)) {
        throw unauthorized(`'Invalid signature. Expected signature base string: ${key}'`);
      }
      return;
    }
    if (method !== 'HMAC-SHA1') {
      throw unauthorized(
        `'Signature method ${method} not supported try one of the following: PLAINTEXT, HMAC-SHA1'`,
      );
    }
    const base = signatureBase(request);
    if (parts.oauth_signature !== createHmac('sha1', key).update(base).digest('base64')) {
      throw unauthorized(`'Invalid signature. Expected signature base string: ${base}'`);
    }
  }

  #checkNonce(parts: OAuthParts, token: TokenRecord): void {
    const nonce = `${token.tokenKey} ${parts.oauth_nonce}`;
    if (this.#nonces.has(nonce)) throw unauthorized(`'Nonce already used: ${parts.oauth_nonce}'`);
    const now = this.#world.clock.now();
    this.#nonces.set(nonce, now);
    if (this.#nonces.size < keptNonces) return;
    for (const [old, sinceMs] of this.#nonces) {
      if (now - sinceMs < oldestSeconds * 1000) break;
      this.#nonces.delete(old);
    }
  }
}

function unauthorized(reason: string): ApiError {
  return new ApiError(401, `Authorization Error: ${reason}`, {
    contentType: 'text/html; charset=utf-8',
    headers: { 'WWW-Authenticate': 'OAuth realm="OAuth"' },
  });
}

/** The six parameters from the header, else from the query or form; undefined unless all are there. */
function partsOf(request: SignedRequest): OAuthParts | undefined {
  const header = request.authorization?.startsWith('OAuth ') ? headerParts(request.authorization) : undefined;
  const value = (name: string) => header?.get(name) ?? request.query.one(name) ?? request.form.one(name);
  const parts = Object.fromEntries(requiredNames.map(name => [name, value(name)]));
  return requiredNames.every(name => parts[name]) ? (parts as OAuthParts) : undefined;
}

function headerParts(header: string): Map<string, string> {
  const pairs = header
    .slice('OAuth '.length)
    .split(',')
    .map(pair => /^\s*([^=\s]+)\s*=\s*"?([^"]*)"?\s*$/.exec(pair))
    .flatMap(match => (match?.[1] ? [[match[1], unescaped(match[2] ?? '')] as const] : []));
  return new Map(pairs);
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** https://www.rfc-editor.org/rfc/rfc5849#section-3.4.1 */
function signatureBase(request: SignedRequest): string {
  const url = new URL(request.url);
  const header = request.authorization ? [...headerParts(request.authorization)] : [];
  const signed = [...header, ...request.query.entries(), ...request.form.entries()]
    .filter(([name]) => name !== 'oauth_signature' && name !== 'realm')
    .map(([name, value]) => `${percent(name)}=${percent(value)}`)
    .sort();
  const where = `${url.protocol}//${url.host}${url.pathname}`;
  return [request.method, where, signed.join('&')].map(percent).join('&');
}

function percent(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
