/** The parts of a `multipart/form-data` body as name and text; undefined when the body is no such thing. */
export function parseMultipart(body: Buffer, contentType: string): [string, string][] | undefined {
  const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType);
  const mark = boundary?.[1] ?? boundary?.[2];
  if (!mark) return undefined;
  const text = body.toString('latin1');
  const pieces = `\r\n${text}`.split(`\r\n--${mark}`).slice(1, -1);
  return pieces.flatMap(piece => {
    const part = parsePart(piece);
    return part ? [part] : [];
  });
}

function parsePart(piece: string): [string, string] | undefined {
  const end = piece.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const headers = piece.slice(0, end);
  const name = /content-disposition:[^\r\n]*[;\s]name="([^"]*)"/i.exec(headers)?.[1];
  if (name === undefined) return undefined;
  const raw = piece.slice(end + 4);
  // The command line client of MAAS sends every file in base64, as Django then undoes.
  const isBase64 = /content-transfer-encoding:\s*base64/i.test(headers);
  const value = Buffer.from(raw, isBase64 ? 'base64' : 'latin1').toString('utf8');
  return [name, value];
}
