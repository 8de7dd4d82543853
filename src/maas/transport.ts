import type { Clock } from '../core/clock.ts';
import type { SystemId } from '../core/ids.ts';
import { type Connector, type WireAnswer, WireFailure } from './connection.ts';
import { failureOfAnswer, failureOfWire, isHtml, isRetryLater, notMaas } from './failure.ts';
import { parsed } from './list-reader.ts';
import { type ApiKey, authorization } from './oauth.ts';
import { createTurnstile } from './turnstile.ts';
import type { MaasUrl } from './url.ts';

/** Names and values of a query or a form; a list repeats its name, undefined leaves it out. */
export type Fields = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface Call {
  method: 'GET' | 'POST';
  /** Below `api/2.0/`, with the slash at the end that MAAS wants: `machines/xp3dhd/`. */
  path: string;
  /** MAAS's `op`. */
  op?: string;
  query?: Fields;
  form?: Fields;
  /** Completes "could not …". */
  doing: string;
  /** The machine that it is about, when it is about one. */
  about?: SystemId;
  /** Lists take MAAS about 30 ms a machine. */
  slow?: boolean;
  /** The answer is a list of objects: the call gives back what this makes of each. */
  readItem?: (item: unknown) => unknown;
  /** The call works without a key, and is sent without. */
  open?: boolean;
  signal?: AbortSignal | undefined;
}

/** One try on the wire. Neither headers nor bodies: both may carry secrets. */
export interface RequestSeen {
  method: string;
  /** Below `api/2.0/`, with its query. */
  path: string;
  /** Undefined when there was no answer. */
  status: number | undefined;
  ms: number;
  /** Size of the answer's body. */
  bytes: number;
  /** 1 for the first try of a call. */
  attempt: number;
  /** Set when another try follows. */
  retryInMs?: number;
}

export interface TransportOptions {
  url: MaasUrl;
  key: ApiKey;
  connector: Connector;
  clock: Clock;
  userAgent: string;
  onRequest: ((seen: RequestSeen) => void) | undefined;
  timeouts: { connectMs: number; callMs: number; listMs: number };
  /** How many more tries, after failed connections and after "busy, come back later". */
  retries: { connection: number; busy: number };
}

export interface Transport {
  /**
   * The JSON of the answer; undefined when it is empty. Throws ColdstartError with a MAAS_* code, or the reason of
   * the signal.
   */
  call(call: Call): Promise<unknown>;
}

/** Requests under way at any time: a region has few workers, and each list keeps one busy for seconds. */
const requestsAtATime = 4;

/** Sends calls to a region: form encoding only, no redirects, a fresh nonce for each try, patience where it is safe. */
export function createTransport(options: TransportOptions): Transport {
  const turnstile = createTurnstile(requestsAtATime);
  return {
    async call(call) {
      const spent = { connection: 0, busy: 0 };
      for (let attempt = 1; ; attempt += 1) {
        call.signal?.throwIfAborted();
        const { outcome, ms } = await turnstile.pass(() => timed(() => oneTry(options, call)), call);
        const retry = nextTry(outcome, call, spent, options.retries);
        const later = retry && { retryInMs: retry.inMs };
        options.onRequest?.({ ...seenOf(call, outcome), ms, attempt, ...later });
        if (!retry) return resultOf(outcome, call, options.url);
        spent[retry.because] += 1;
        await options.clock.sleep(retry.inMs, call.signal);
      }
    },
  };
}

type Outcome = WireAnswer | WireFailure;

async function timed(act: () => Promise<Outcome>): Promise<{ outcome: Outcome; ms: number }> {
  const start = performance.now();
  const outcome = await act();
  return { outcome, ms: Math.round(performance.now() - start) };
}

async function oneTry(options: TransportOptions, call: Call): Promise<Outcome> {
  const { url, key, clock, connector, timeouts, userAgent } = options;
  const body = call.method === 'POST' && call.form ? encode(call.form) : undefined;
  try {
    return await connector.send({
      method: call.method,
      url: new URL(pathOf(call), url.base),
      headers: {
        accept: 'application/json',
        'user-agent': userAgent,
        ...(call.open ? {} : { authorization: authorization(key, clock.now()) }),
        ...bodyHeaders(call.method, body),
      },
      body,
      timeoutMs: call.slow ? timeouts.listMs : timeouts.callMs,
      connectTimeoutMs: timeouts.connectMs,
      signal: call.signal,
      readItem: call.readItem,
    });
  } catch (error) {
    if (error instanceof WireFailure) return error;
    throw error;
  }
}

/** An empty form has a length of 0 and no parts: regions from 3.6 on refuse an empty multipart body. */
function bodyHeaders(method: string, body: string | undefined): Record<string, string> {
  if (method === 'GET') return {};
  return {
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': String(Buffer.byteLength(body ?? '')),
  };
}

function pathOf({ path, op, query = {} }: Call): string {
  const search = encode({ op, ...query });
  return search === '' ? path : `${path}?${search}`;
}

function encode(fields: Fields): string {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    for (const one of typeof value === 'string' ? [value] : value) form.append(name, one);
  }
  return form.toString();
}

function seenOf(call: Call, outcome: Outcome): Omit<RequestSeen, 'ms' | 'attempt'> {
  const answer = outcome instanceof WireFailure ? undefined : outcome;
  return { method: call.method, path: pathOf(call), status: answer?.status, bytes: answer?.bytes ?? 0 };
}

type Patience = TransportOptions['retries'];

/** Whether and when to try again. Never where the first try may have changed something. */
function nextTry(
  outcome: Outcome,
  call: Call,
  spent: Patience,
  allowed: Patience,
): { because: keyof Patience; inMs: number } | undefined {
  const because = outcome instanceof WireFailure ? afterFailure(outcome, call) : afterAnswer(outcome, call);
  if (!because || spent[because] >= allowed[because]) return undefined;
  const asked = outcome instanceof WireFailure ? undefined : retryAfterMs(outcome);
  const grown = (because === 'connection' ? 200 : 1000) * 2 ** spent[because];
  return { because, inMs: asked ?? grown };
}

function afterFailure({ fault, sent, code }: WireFailure, { method }: Call): 'connection' | undefined {
  if (fault !== 'broken' || code === 'ENOTFOUND') return undefined;
  return !sent || method === 'GET' ? 'connection' : undefined;
}

function afterAnswer(answer: WireAnswer, { method }: Call): 'busy' | 'connection' | undefined {
  const { status, body } = answer;
  if ([409, 429, 503, 504].includes(status) && isRetryLater(answer)) return 'busy';
  if (method === 'GET' && [502, 503, 504].includes(status)) return 'busy';
  if (method === 'GET' && status === 200 && isSpoilt(answer)) return 'connection';
  if (method === 'GET' && status === 401 && body.includes('Nonce already used')) return 'connection';
  return undefined;
}

/**
 * A body that was cut off, or the page of a proxy: it is different when MAAS itself answers again. Only its ends are
 * looked at, since a list may have tens of megabytes.
 */
function isSpoilt(answer: WireAnswer): boolean {
  const [first = '', last = ''] = [answer.body.at(0), answer.body.trimEnd().at(-1)];
  return isHtml(answer) || (first === '[' && last !== ']') || (first === '{' && last !== '}');
}

/** MAAS sends seconds, 5 or 10. */
function retryAfterMs({ headers }: WireAnswer): number | undefined {
  const seconds = Number(headers['retry-after']);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 30) * 1000 : undefined;
}

function resultOf(outcome: Outcome, call: Call, { shown }: MaasUrl): unknown {
  const context = { doing: call.doing, method: call.method, region: shown };
  if (outcome instanceof WireFailure) throw failureOfWire(outcome, context);
  const { status, headers, body } = outcome;
  if (status < 200 || status >= 300) throw failureOfAnswer(outcome, context);
  if (outcome.items) return outcome.items;
  if (status === 204 || body === '') return undefined;
  const type = headers['content-type'] ?? 'no content type';
  if (isHtml(outcome)) throw notMaas(context, 'it answers with a web page', status);
  if (!type.startsWith('application/json'))
    throw notMaas(context, `it answers with ${type} instead of JSON`, status);
  const json = parsed(body);
  if (json === undefined)
    throw notMaas(context, `its answer of ${outcome.bytes} bytes is not whole JSON`, status);
  return call.readItem && Array.isArray(json) ? json.map(call.readItem) : json;
}
