import { createConnector } from '../maas/connection.ts';
import { type Environment, proxyFor } from '../maas/proxy.ts';

const mostRedirects = 5;

/**
 * The text at a URL, through the proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name for each place on the way: Node's
 * own fetch looks at none of them. Follows redirects. Throws an error with the status or the reason.
 */
export async function download(url: string, env: Environment, signal?: AbortSignal): Promise<string> {
  let target = new URL(url);
  for (let hop = 0; hop <= mostRedirects; hop += 1) {
    const answer = await ask(target, env, signal);
    const { location } = answer.headers;
    if (answer.status >= 300 && answer.status < 400 && location !== undefined) {
      target = nextPlace(target, location);
      continue;
    }
    if (answer.status !== 200) throw new Error(`${target.host} answers with status ${answer.status}`);
    return answer.body;
  }
  throw new Error(`more than ${mostRedirects} redirects`);
}

async function ask(url: URL, env: Environment, signal: AbortSignal | undefined) {
  const connector = createConnector({ proxy: proxyFor(url, env), ca: undefined });
  try {
    return await connector.send({
      method: 'GET',
      url,
      headers: { accept: '*/*', 'user-agent': 'coldstart' },
      body: undefined,
      timeoutMs: 120_000,
      connectTimeoutMs: 20_000,
      signal,
    });
  } finally {
    connector.close();
  }
}

/** What was asked for over TLS is never taken from elsewhere without. */
function nextPlace(from: URL, location: string): URL {
  const next = new URL(location, from);
  if (!/^https?:$/.test(next.protocol) || (from.protocol === 'https:' && next.protocol !== 'https:'))
    throw new Error(`${from.host} redirects to ${next.protocol}//${next.host}, which is not trusted`);
  return next;
}
