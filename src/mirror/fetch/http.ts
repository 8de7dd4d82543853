import http from 'node:http';
import https from 'node:https';

export interface HttpOptions {
  headers?: http.OutgoingHttpHeaders;
  /** HTTP proxy for URLs of `http:`. */
  proxy?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** Why a file is not to be had: the outside server's own status, or 502 when it does not answer. */
export class FetchError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Asks for a URL, through redirections, and answers with whatever status. Errors: FetchError 502. */
export async function httpGet(url: string | URL, options: HttpOptions = {}): Promise<http.IncomingMessage> {
  return follow(new URL(url), options, 5);
}

/** The whole body, at most 64 MiB. Errors: FetchError. */
export async function bodyOf(response: http.IncomingMessage, from: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const part of response) {
      sizeBytes += (part as Buffer).length;
      if (sizeBytes > largestBodyBytes) throw new Error('it is larger than 64 MiB');
      parts.push(part as Buffer);
    }
  } catch (error) {
    throw new FetchError(502, `${from}: ${(error as Error).message}`);
  }
  return Buffer.concat(parts);
}

const largestBodyBytes = 64 * 1024 * 1024;

/** Body of a URL that must be there. Errors: FetchError with the status that was answered. */
export async function getBody(url: string, options: HttpOptions = {}): Promise<Buffer> {
  const response = await httpGet(url, options);
  if (response.statusCode !== 200) throw refused(response, url);
  return bodyOf(response, url);
}

/** An answer with another status than the wanted one, as an error; its body is thrown away. */
export function refused(response: http.IncomingMessage, url: string): FetchError {
  response.resume();
  return new FetchError(response.statusCode ?? 502, `${url}: status ${response.statusCode}`);
}

async function follow(url: URL, options: HttpOptions, redirectsLeft: number): Promise<http.IncomingMessage> {
  const response = await once(url, options);
  const to = response.headers.location;
  if (!to || ![301, 302, 303, 307, 308].includes(response.statusCode ?? 0)) return response;
  response.resume();
  if (redirectsLeft === 0) throw new FetchError(502, `${url.href}: too many redirections`);
  const next = new URL(to, url);
  return follow(next, next.host === url.host ? options : withoutToken(options), redirectsLeft - 1);
}

/** A registry's token is not for the storage that it sends its clients to. */
function withoutToken({
  headers: { authorization: _, ...headers } = {},
  ...options
}: HttpOptions): HttpOptions {
  return { ...options, headers };
}

function once(url: URL, { headers, proxy, signal }: HttpOptions): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const through = proxy && url.protocol === 'http:' ? new URL(proxy) : undefined;
    const options = {
      headers: { host: url.host, 'user-agent': 'coldstart', ...headers },
      timeout: 30_000,
      ...(signal && { signal }),
    };
    const request = through
      ? http.get({ ...options, host: through.hostname, port: through.port || 80, path: url.href })
      : (url.protocol === 'https:' ? https : http).get(url, options);
    request.on('response', resolve);
    request.on('timeout', () => request.destroy(new Error('no answer for 30 seconds')));
    request.on('error', error => {
      reject(
        signal?.aborted ? (signal.reason as Error) : new FetchError(502, `${url.host}: ${error.message}`),
      );
    });
  });
}
