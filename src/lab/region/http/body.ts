import { parse as parseYaml } from 'yaml';
import { ApiError, invalid } from './errors.ts';
import { parseMultipart } from './multipart.ts';
import { Params } from './params.ts';

/**
 * A request body in the two ways that handlers of MAAS read it: `form` knows forms only, `data` also knows JSON and
 * YAML. Handlers mix them, so a client that sends JSON is half understood.
 */
export interface Body {
  form: Params;
  data: Params;
  /** Whether `data` came from JSON or YAML. */
  isObject: boolean;
}

const nothing: Body = { form: new Params(), data: new Params(), isObject: false };

export function parseBody(bytes: Buffer, contentType: string, rejectEmptyMultipart: boolean): Body {
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/x-www-form-urlencoded')
    return formBody(new URLSearchParams(bytes.toString('utf8')));
  if (type === 'multipart/form-data') return multipartBody(bytes, contentType, rejectEmptyMultipart);
  if (type === 'application/json') return objectBody(bytes, text => JSON.parse(text) as unknown);
  if (type === 'application/x-yaml') return objectBody(bytes, text => parseYaml(text) as unknown);
  if (bytes.length === 0) return nothing;
  throw invalid({});
}

function formBody(entries: Iterable<[string, string]>): Body {
  const form = new Params(entries);
  return { form, data: form, isObject: false };
}

function multipartBody(bytes: Buffer, contentType: string, rejectEmpty: boolean): Body {
  const parts = parseMultipart(bytes, contentType) ?? [];
  if (parts.length === 0 && rejectEmpty) {
    throw new ApiError(400, '', { contentType: 'text/html', headers: { Vary: '' } });
  }
  return formBody(parts);
}

function objectBody(bytes: Buffer, parse: (text: string) => unknown): Body {
  const value = bytes.length === 0 ? undefined : attempt(() => parse(bytes.toString('utf8')));
  if (typeof value !== 'object' || value === null) {
    throw new ApiError(400, 'Bad Request', {
      contentType: 'text/plain',
      headers: { Vary: 'Authorization, Cookie' },
    });
  }
  const entries = Object.entries(value).flatMap(([name, content]) =>
    [content as unknown].flat().map((item): [string, string] => [name, asText(item)]),
  );
  return { form: new Params(), data: new Params(entries), isObject: true };
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
