import type * as http from 'node:http';
import * as tls from 'node:tls';
import { type AgentOptions, type Agents, createAgents } from '../net/agents.ts';
import { createListReader } from './list-reader.ts';

export interface WireRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  url: URL;
  headers: Readonly<Record<string, string>>;
  body: string | undefined;
  /** For the whole try, the answer's body included. */
  timeoutMs: number;
  connectTimeoutMs: number;
  signal: AbortSignal | undefined;
  /** Reads one object of a JSON list, while the answer arrives. */
  readItem?: ((item: unknown) => unknown) | undefined;
}

export interface WireAnswer {
  status: number;
  headers: http.IncomingHttpHeaders;
  /** Empty when `items` is there. */
  body: string;
  bytes: number;
  /** What was read of a list while it arrived. */
  items?: unknown[];
}

export type WireFault = 'broken' | 'timeout' | 'tls' | 'garbage';

/** A try without a whole answer. `sent` is false when the server cannot have seen any of it. */
export class WireFailure extends Error {
  override readonly name = 'WireFailure';
  readonly fault: WireFault;
  readonly sent: boolean;
  /** The system's code, such as ECONNREFUSED, or `''`. */
  readonly code: string;

  constructor(fault: WireFault, sent: boolean, cause: Error) {
    super(cause.message || codeOf(cause), { cause });
    this.fault = fault;
    this.sent = sent;
    this.code = codeOf(cause);
  }
}

export interface Connector {
  /** Sends one request and reads the whole answer. Throws WireFailure, or the signal's reason. */
  send(request: WireRequest): Promise<WireAnswer>;
  /** Closes what is kept open. */
  close(): void;
}

/**
 * Connections are kept for GET only. A request on a kept connection fails when the server closes it at that moment,
 * and for a POST nobody could tell whether it was carried out.
 */
export function createConnector(options: AgentOptions): Connector {
  const agents = createAgents(options);
  return { send: request => exchange(request, agents), close: () => agents.close() };
}

function exchange(request: WireRequest, agents: Agents): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    request.signal?.throwIfAborted();
    const { url, method, headers, signal } = request;
    const outgoing = agents.open(url, { method, headers, reuse: method === 'GET', signal });
    const state = { sent: false, timedOut: false };
    const giveUp = (ms: number, what: string) =>
      setTimeout(() => {
        state.timedOut = true;
        outgoing.destroy(new Error(`${what} within ${ms / 1000} s`));
      }, ms);
    const connecting = giveUp(request.connectTimeoutMs, 'no connection');
    const whole = giveUp(request.timeoutMs, 'no answer');
    const settle = (act: () => void) => {
      clearTimeout(connecting);
      clearTimeout(whole);
      act();
    };
    const fail = (cause: Error) =>
      settle(() => reject(request.signal?.aborted ? request.signal.reason : failureOf(cause, state)));
    whenConnected(outgoing, () => {
      clearTimeout(connecting);
      state.sent = true;
    });
    outgoing.on('error', fail);
    outgoing.on('response', answer =>
      readAnswer(answer, request.readItem, {
        done: whole => settle(() => resolve(whole)),
        refuse: thrown => settle(() => reject(thrown)),
        fail,
      }),
    );
    outgoing.end(request.body);
  });
}

function whenConnected(outgoing: http.ClientRequest, then: () => void): void {
  outgoing.on('socket', socket => {
    if (!socket.connecting) then();
    else socket.once(socket instanceof tls.TLSSocket ? 'secureConnect' : 'connect', then);
  });
}

function readAnswer(
  answer: http.IncomingMessage,
  readItem: WireRequest['readItem'],
  ends: {
    done(answer: WireAnswer): void;
    /** The answer came, and its reader would not have it. */
    refuse(thrown: unknown): void;
    fail(cause: Error): void;
  },
): void {
  const { statusCode: status = 0, headers } = answer;
  const isJson = headers['content-type']?.startsWith('application/json') === true;
  const body = readItem && status === 200 && isJson ? listBody(readItem) : wholeBody();
  let bytes = 0;
  answer.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    body.write(chunk);
  });
  answer.on('error', ends.fail);
  answer.on('end', () => {
    try {
      ends.done({ status, headers, bytes, ...body.end() });
    } catch (thrown) {
      ends.refuse(thrown);
    }
  });
}

interface Body {
  write(chunk: Buffer): void;
  end(): Pick<WireAnswer, 'body' | 'items'>;
}

function wholeBody(): Body {
  const chunks: Buffer[] = [];
  return {
    write: chunk => chunks.push(chunk),
    end: () => ({ body: Buffer.concat(chunks).toString() }),
  };
}

/** Of what turns out not to be a whole list, only a small answer is kept; of a large one, how it begins. */
function listBody(readItem: (item: unknown) => unknown): Body {
  const reader = createListReader(readItem);
  const chunks: Buffer[] = [];
  return {
    write(chunk) {
      if (chunks.length < 2) chunks.push(chunk);
      reader.write(chunk);
    },
    end() {
      const items = reader.end();
      if (items) return { body: '', items };
      const [first, ...more] = chunks;
      const text = first?.toString() ?? '';
      return { body: more.length === 0 ? text : text.slice(0, 1) };
    },
  };
}

function failureOf(cause: Error, { sent, timedOut }: { sent: boolean; timedOut: boolean }): WireFailure {
  if (cause instanceof WireFailure) return cause;
  const code = codeOf(cause);
  if (timedOut) return new WireFailure('timeout', sent, cause);
  if (code.startsWith('HPE_')) return new WireFailure('garbage', true, cause);
  // Every problem of a handshake comes before a single byte of the request.
  if (
    !sent &&
    (/CERT|^ERR_TLS|^ERR_SSL|^EPROTO|SIGNATURE|CRL|ISSUER/.test(code) || code === 'HOSTNAME_MISMATCH')
  ) {
    return new WireFailure('tls', false, cause);
  }
  return new WireFailure('broken', sent, cause);
}

function codeOf(error: Error): string {
  const own = (error as NodeJS.ErrnoException).code;
  if (typeof own === 'string') return own;
  return error.cause instanceof Error ? codeOf(error.cause) : '';
}
