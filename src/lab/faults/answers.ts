import { systemClock } from '../../core/clock.ts';
import type { FaultKindOf } from './kinds.ts';

export type SpoiledKind = Exclude<FaultKindOf<'api'>, 'clock-skew' | 'connection-refused'>;

interface SpoilOptions {
  seconds: number;
  /** Has the region do what was asked. */
  proceed(): Promise<Response>;
  signal: AbortSignal;
  /** Ends the connection. */
  cut(): void;
}

/** The answer that a broken region, or what stands before it, gives. */
export function spoil(kind: SpoiledKind, options: SpoilOptions): Response | Promise<Response> {
  return spoiled[kind](options);
}

const spoiled: Readonly<Record<SpoiledKind, (options: SpoilOptions) => Response | Promise<Response>>> = {
  'reset-mid-body': async ({ proceed, cut }) => brokenOff(await proceed(), cut),
  'truncated-json': async ({ proceed }) => halved(await proceed()),
  'slow-answer': async ({ proceed, seconds, signal }) => {
    const answer = await proceed();
    await systemClock.sleep(seconds * 1000, signal).catch(() => undefined);
    return answer;
  },
  'html-answer': () =>
    new Response('<!doctype html><html><body><h1>Under maintenance</h1></body></html>', {
      headers: { 'Content-Type': 'text/html; charset=utf-8' },
    }),
  // As src/lab/region/auth/oauth.ts says it of a token that was deleted.
  'key-changed': () =>
    new Response("Authorization Error: 'Invalid access token: deleted'", {
      status: 401,
      headers: { 'Content-Type': 'text/html; charset=utf-8', 'WWW-Authenticate': 'OAuth realm="OAuth"' },
    }),
  forbidden: () => said(403, ''),
  conflict: () => said(409, "Machine cannot be changed in its current state ('Ready')."),
  'conflict-retry': ({ seconds }) => said(409, 'Conflict error. Try your request again.', seconds),
  'server-error': () => said(500, 'could not serialize access due to concurrent update'),
  unavailable: () => said(503, 'Unable to connect to any rack controller.'),
  'unavailable-retry': ({ seconds }) => said(503, 'The database connection is unavailable.', seconds),
};

function said(status: number, sentence: string, retryAfterSeconds?: number): Response {
  const retry = retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) };
  return new Response(sentence, {
    status,
    headers: { 'Content-Type': 'text/plain; charset=utf-8', ...retry },
  });
}

async function halved(answer: Response): Promise<Response> {
  const body = await answer.text();
  return new Response(body.slice(0, Math.floor(body.length / 2)), answer);
}

/** Half of the body, then the connection ends. */
async function brokenOff(answer: Response, cut: () => void): Promise<Response> {
  const body = new Uint8Array(await answer.arrayBuffer());
  let sent = false;
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (!sent) controller.enqueue(body.slice(0, Math.ceil(body.length / 2)));
      // Given a moment, so that what was sent is on its way before the end.
      else await systemClock.sleep(20).then(cut);
      sent = true;
    },
  });
  const headers = new Headers(answer.headers);
  headers.set('Content-Length', String(body.length));
  return new Response(stream, { status: answer.status, headers });
}
