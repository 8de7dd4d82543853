/** Fields of one paragraph, by their name; lines that continue a field keep their line breaks. */
export type Paragraph = Readonly<Record<string, string>>;

/**
 * Paragraphs of a control file: `Release`, `Packages`.
 * @see https://www.debian.org/doc/debian-policy/ch-controlfields.html#syntax-of-control-files
 */
function parseControl(text: string): Paragraph[] {
  return text
    .split(/\n[ \t]*\n/)
    .map(parseParagraph)
    .filter(paragraph => Object.keys(paragraph).length > 0);
}

function parseParagraph(text: string): Paragraph {
  const fields: Record<string, string> = {};
  let name = '';
  for (const line of text.split('\n')) {
    const [, field, value = ''] = /^([^\s:#][^:]*):[ \t]*(.*)$/.exec(line) ?? [];
    if (field !== undefined) {
      name = field;
      fields[name] = value.trimEnd();
    } else if (name !== '' && /^[ \t]/.test(line)) fields[name] += `\n${line.trim()}`;
  }
  return fields;
}

/** What a signed `Release` says about one of the files below it. */
export interface IndexFile {
  /** Relative to the folder of `Release`. */
  path: string;
  digest: string;
  sizeBytes: number;
}

/** The files that a `Release` names by SHA-256. */
export function indexFilesOf(release: string): IndexFile[] {
  const [fields = {}] = parseControl(release);
  return (fields['SHA256'] ?? '').split('\n').flatMap(line => {
    const [hex = '', size = '', path = ''] = line.trim().split(/\s+/);
    return /^[0-9a-f]{64}$/.test(hex) && path !== ''
      ? [{ path: path.replace(/^\.\//, ''), digest: `sha256:${hex}`, sizeBytes: Number(size) }]
      : [];
  });
}

/** A package as an index describes it. */
export interface DebianPackage {
  name: string;
  version: string;
  /** `Depends` and `Pre-Depends`: each is a list of alternatives. */
  depends: readonly (readonly string[])[];
  /** Names that it stands for. */
  provides: readonly string[];
  /** Where its file is. */
  url: string;
  digest: string;
  sizeBytes: number;
}

/** The packages of an index whose files lie below `baseUrl`, which ends with a slash. */
export function packagesOf(index: string, baseUrl: string): DebianPackage[] {
  return parseControl(index).flatMap(fields => {
    const { Package: name, Version: version, Filename: file, SHA256: hex, Size: size } = fields;
    if (!name || !version || !file || !hex) return [];
    return [
      {
        name,
        version,
        depends: [fields['Pre-Depends'], fields['Depends']].flatMap(dependenciesOf),
        provides: dependenciesOf(fields['Provides']).flat(),
        url: baseUrl + file.replace(/^\.\//, ''),
        digest: `sha256:${hex}`,
        sizeBytes: Number(size ?? 0),
      },
    ];
  });
}

/** `a (>= 1) | b, c:any` is a or b, and c. */
function dependenciesOf(text = ''): string[][] {
  return text
    .split(',')
    .map(group => group.split('|').map(each => each.trim().replace(/[\s(:[<].*$/s, '')))
    .filter(group => group[0] !== '');
}
