/** A request that the region refuses, as the middleware of MAAS answers it. */
export class ApiError extends Error {
  readonly status: number;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    body: string,
    more: { contentType?: string; headers?: Record<string, string> } = {},
  ) {
    super(body);
    this.status = status;
    this.contentType = more.contentType ?? 'text/plain; charset=utf-8';
    // Errors leave through another middleware than answers, which does not look at the Authorization header.
    this.headers = { Vary: 'Cookie', ...more.headers };
  }
}

/** 400: what is wrong with each field, or with all together under `__all__`. */
export function invalid(fields: Record<string, string | string[]>): ApiError {
  const lists = Object.entries(fields).map(([field, problems]) => [field, [problems].flat()]);
  return new ApiError(400, JSON.stringify(Object.fromEntries(lists)), {
    contentType: 'application/json; charset=utf-8',
  });
}

export const required = 'This field is required.';

export function badRequest(sentence: string): ApiError {
  return new ApiError(400, sentence);
}

/** 409 without `Retry-After`: the machine is in the wrong state, or nothing matches. */
export function conflict(sentence: string): ApiError {
  return new ApiError(409, sentence);
}

/** 403: not permitted, or the machine is locked. MAAS mostly says nothing more. */
export function forbidden(sentence = ''): ApiError {
  return new ApiError(403, sentence);
}

export function notFound(kind: string): ApiError {
  return plainNotFound(`No ${kind} matches the given query.`);
}

function plainNotFound(sentence: string): ApiError {
  return new ApiError(404, sentence, {
    contentType: 'text/plain',
    headers: { Vary: 'Authorization, Cookie' },
  });
}

/** 503 with a sentence, as power problems and exhausted addresses give; those of an absent rack ask to retry. */
export function unavailable(sentence: string, retryAfterSeconds?: number): ApiError {
  return new ApiError(503, sentence, {
    headers: retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) },
  });
}
