/** What a handler gives when plain JSON with 200 is not it. */
export class Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string | Uint8Array<ArrayBuffer>;

  constructor(status: number, contentType: string, body: string | Uint8Array<ArrayBuffer> = '') {
    this.status = status;
    this.contentType = contentType;
    this.body = body;
  }
}

export const jsonType = 'application/json; charset=utf-8';

/** 204, as after a deletion. */
export const nothing = new Answer(204, 'text/plain');

export function plainText(body: string, status = 200): Answer {
  return new Answer(status, 'text/plain', body);
}

export function created(value: unknown): Answer {
  return new Answer(201, jsonType, pretty(value));
}

/** JSON as MAAS prints it: four spaces, and `storage` as Python's float. */
export function pretty(value: unknown): string {
  return JSON.stringify(value, undefined, 4).replace(/"storage": (\d+)(?=[,\n])/g, '"storage": $1.0');
}
