import { answerMetadata } from '../metadata/tree.ts';
import { type ApiSite, answerApi, failure, queryOf } from './dispatch.ts';
import { Params } from './params.ts';

/** Everything that the region's port answers. `path` has no doubled slashes. */
export async function answerSite(site: ApiSite, raw: Request, path: string): Promise<Response> {
  const api = /^\/MAAS\/api\/(\d+\.\d+|version)\/(.*)$/.exec(path);
  if (api?.[1] === '2.0') {
    return answerApi(site, { raw, path: api[2] ?? '', fullPath: path, query: queryOf(raw.url) });
  }
  if (api?.[1] === 'version' && api[2] === '') return plain(200, '2.0', 'text/plain');
  if (api?.[1] === '1.0')
    return plain(410, 'The 1.0 API is no longer available. Please use API version 2.0.');
  if (path.startsWith('/MAAS/metadata/')) return metadata(site, raw, path.slice('/MAAS/metadata/'.length));
  if (path === '/MAAS/accounts/login/') return loginState(site);
  if (path.startsWith('/MAAS/')) return toLogin();
  return plain(404, noSuchResource, 'text/html; charset=utf-8');
}

function plain(status: number, body: string, type = 'text/plain; charset=utf-8'): Response {
  return new Response(body, { status, headers: { 'Content-Type': type } });
}

const noSuchResource = `
<html>
  <head><title>404 - No Such Resource</title></head>
  <body>
    <h1>No Such Resource</h1>
    <p>Sorry. No luck finding that resource.</p>
  </body>
</html>
`;

/** Whatever is not the API belongs to the web interface, which asks for a login first. */
function toLogin(): Response {
  return new Response('', {
    status: 302,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      Location: '/MAAS/?next=%2FMAAS%2F',
      Vary: 'Cookie',
    },
  });
}

function loginState(site: ApiSite): Response {
  const body = JSON.stringify({
    authenticated: false,
    external_auth_url: null,
    no_users: site.world.users.size === 0,
  });
  return new Response(body, { headers: { 'Content-Type': 'application/json', Vary: 'Cookie' } });
}

async function metadata(site: ApiSite, raw: Request, path: string): Promise<Response> {
  const headers = { Vary: 'Authorization, Cookie' };
  try {
    const body = raw.method === 'POST' ? Buffer.from(await raw.arrayBuffer()) : Buffer.alloc(0);
    const isForm = raw.headers.get('content-type')?.startsWith('application/x-www-form-urlencoded');
    const form = new Params(isForm ? new URLSearchParams(body.toString('utf8')) : []);
    const answer = await answerMetadata(site.world, site.oauth, {
      raw,
      path,
      body,
      form,
      query: queryOf(raw.url),
    });
    if (!answer)
      return new Response('Not Found', {
        status: 404,
        headers: { ...headers, 'Content-Type': 'text/plain' },
      });
    return new Response(answer.status === 204 ? null : answer.body, {
      status: answer.status,
      headers: { ...headers, 'Content-Type': answer.contentType },
    });
  } catch (error) {
    return failure(error);
  }
}
