import { ColdstartError, type ErrorCode } from '../core/errors.ts';
import type { WireAnswer, WireFailure } from './connection.ts';

/** What was asked, for the sentences of errors. */
export interface CallContext {
  /** Completes "could not …": `deploy machine xp3dhd`. */
  doing: string;
  method: string;
  /** The region, as people know it. */
  region: string;
}

/**
 * Whether MAAS may have carried out a call that failed: the connection broke or MAAS failed in the middle of it. Read
 * the machine before repeating such a call.
 */
export function outcomeUnknown(error: unknown): boolean {
  return error instanceof ColdstartError && error.data['outcome'] === 'unknown';
}

interface Found {
  because: string;
  hint?: string;
  status?: number;
  /** The server had, or may have had, the whole request, and did not refuse it. */
  mayBeDone?: boolean;
  cause?: unknown;
}

function failure(
  code: ErrorCode,
  call: CallContext,
  { because, hint, status, mayBeDone, cause }: Found,
): ColdstartError {
  const unknown = mayBeDone === true && call.method !== 'GET';
  const what =
    code === 'MAAS_UNREACHABLE'
      ? `could not reach MAAS at ${call.region} to ${call.doing}`
      : `could not ${call.doing} at ${call.region}`;
  return new ColdstartError(code, what, {
    because: unknown ? `${because}; whether MAAS did it is not known` : because,
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
    data: { ...(status === undefined ? {} : { status }), ...(unknown ? { outcome: 'unknown' } : {}) },
  });
}

/** The error for a try that ended without a whole answer. */
export function failureOfWire(fault: WireFailure, call: CallContext): ColdstartError {
  const found = { because: fault.message, mayBeDone: fault.sent, cause: fault.cause };
  if (fault.fault === 'garbage') {
    return failure('MAAS_NOT_MAAS', call, { ...found, because: `the answer is not HTTP: ${fault.message}` });
  }
  if (fault.fault !== 'tls') return failure('MAAS_UNREACHABLE', call, found);
  return failure('MAAS_UNREACHABLE', call, { ...found, hint: tlsHint(fault.code) });
}

function tlsHint(code: string): string {
  if (code === 'CERT_HAS_EXPIRED')
    return 'renew the certificate of MAAS, and check the clock of this computer';
  if (/ALTNAME|HOSTNAME/.test(code)) return "use one of the names in MAAS's certificate in MAAS_API_URL";
  if (code.startsWith('EPROTO') || code.startsWith('ERR_SSL'))
    return 'is it plain HTTP there? Try http:// in MAAS_API_URL';
  return 'when MAAS has a private certificate authority, name its PEM file as maas.caFile in cluster.yaml';
}

/** The error for an answer of 200 or so whose body is not what the API sends. */
export function notMaas(call: CallContext, because: string, status = 200): ColdstartError {
  return failure('MAAS_NOT_MAAS', call, { because, status, mayBeDone: true });
}

/** The error for an answer with any other status than 2xx. */
export function failureOfAnswer(answer: WireAnswer, call: CallContext): ColdstartError {
  const { status } = answer;
  const say = (code: ErrorCode, found: Partial<Found> = {}) =>
    failure(code, call, { because: found.because ?? sentenceOf(answer), status, ...found });
  if (status >= 300 && status < 400) return say('MAAS_NOT_MAAS', redirected(answer));
  if (status === 401)
    return say('MAAS_UNAUTHORIZED', { mayBeDone: /Nonce already/.test(answer.body), ...refusedKey(answer) });
  if (status === 407)
    return say('MAAS_UNREACHABLE', { because: 'the HTTP proxy asks for a user name and password' });
  if (status >= 500) return failureOfServer(answer, say);
  if (isHtml(answer) && status !== 409)
    return say('MAAS_NOT_MAAS', { because: `it answers ${status} with a web page` });
  const code = codeByStatus[status];
  if (status === 404 && answer.body.startsWith('Unknown API endpoint')) {
    return say('MAAS_NOT_MAAS', { hint: 'check the version of MAAS: coldstart knows 2.9 to 3.7' });
  }
  if (status === 409 && isRetryLater(answer))
    return say('MAAS_CONFLICT', { because: 'its database was too busy' });
  return say(code ?? 'MAAS_BAD_REQUEST');
}

const codeByStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'MAAS_BAD_REQUEST',
  403: 'MAAS_FORBIDDEN',
  404: 'MAAS_GONE',
  405: 'MAAS_NOT_MAAS',
  409: 'MAAS_WRONG_STATE',
  410: 'MAAS_NOT_MAAS',
  429: 'MAAS_CONFLICT',
};

type Say = (code: ErrorCode, found?: Partial<Found>) => ColdstartError;

function failureOfServer(answer: WireAnswer, say: Say): ColdstartError {
  const { status } = answer;
  const again = isRetryLater(answer);
  if (isHtml(answer) && status !== 500) {
    return say('MAAS_UNREACHABLE', {
      because: `the web server in front of MAAS answers ${status}`,
      hint: 'check that the region controller is running',
      mayBeDone: status !== 503,
    });
  }
  if (/No more IPs|StaticIPAddress/i.test(answer.body)) {
    return say('MAAS_SERVER_ERROR', { hint: 'make room in the subnet in MAAS: its addresses are used up' });
  }
  if (status === 503) return say('MAAS_NO_RACK');
  if (status === 504) return say('MAAS_NO_RACK', { mayBeDone: !again });
  return say('MAAS_SERVER_ERROR', { mayBeDone: true });
}

/** Whether the answer carries Retry-After. Then MAAS has stored nothing, and the call may be repeated. */
export function isRetryLater({ headers }: WireAnswer): boolean {
  return headers['retry-after'] !== undefined;
}

export function isHtml({ headers, body }: WireAnswer): boolean {
  return (headers['content-type'] ?? '').startsWith('text/html') && /<[a-z!]/i.test(body);
}

function redirected({ headers }: WireAnswer): Partial<Found> {
  const to = headers.location ?? '';
  if (to.startsWith('https:'))
    return { because: `it redirects to ${to}`, hint: 'use https:// in MAAS_API_URL' };
  return { because: to === '' ? 'it answers with a redirect' : `it redirects to ${to}` };
}

/**
 * Why a key is refused, in our own words: MAAS repeats the right secret in the body, so that text goes nowhere.
 * https://github.com/canonical/maas/blob/3.4/src/maasserver/api/auth.py
 */
function refusedKey({ headers, body }: WireAnswer): Partial<Found> {
  const challenge = headers['www-authenticate'] ?? '';
  if (/^(basic|digest|negotiate)/i.test(challenge)) {
    return { because: 'a web server in front of MAAS asks for a user name and password' };
  }
  return refusals.find(({ sign }) => sign.test(body)) ?? { because: 'it answers 401' };
}

const refusals: readonly { sign: RegExp; because: string; hint?: string }[] = [
  { sign: /Invalid API key/, because: 'it does not know the first part of the key' },
  {
    sign: /Invalid access token/,
    because: 'it does not know the second part of the key; was the key deleted?',
  },
  { sign: /Invalid signature/, because: 'the third part of the key is wrong' },
  {
    sign: /Nonce already/,
    because: 'a request reached it twice',
    hint: 'look for a proxy that repeats requests',
  },
  {
    sign: /Expired timestamp/,
    because: 'the clock of this computer is more than five minutes behind that of MAAS',
    hint: 'set the clock, and keep it right with NTP',
  },
  { sign: /^Forbidden/, because: 'it saw no key; does a proxy take the Authorization header away?' },
];

/** What MAAS says, on one line. Its form errors are JSON: field → sentences. */
function sentenceOf({ status, headers, body }: WireAnswer): string {
  const text = (headers['content-type'] ?? '').startsWith('application/json') ? fieldErrors(body) : body;
  const line = text.replace(/\s+/g, ' ').trim();
  if (line === '' || /^<(!doctype|html)/i.test(line)) return `MAAS answers ${status} without a reason`;
  return `MAAS says: ${line.length > 500 ? `${line.slice(0, 500)}…` : line}`;
}

function fieldErrors(body: string): string {
  const errors = jsonOrUndefined(body);
  if (typeof errors !== 'object' || errors === null || Array.isArray(errors)) return body;
  return Object.entries(errors)
    .map(([field, said]) => {
      const sentences = Array.isArray(said) ? said.join(' ') : String(said);
      return field === '__all__' ? sentences : `${field}: ${sentences}`;
    })
    .join(' ');
}

function jsonOrUndefined(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
