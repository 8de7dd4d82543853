/**
 * Negative when a is older, as dpkg orders versions.
 * @see https://www.debian.org/doc/debian-policy/ch-controlfields.html#version
 */
export function compareDebianVersions(a: string, b: string): number {
  const [x, y] = [partsOf(a), partsOf(b)];
  return x.epoch - y.epoch || compareText(x.upstream, y.upstream) || compareText(x.revision, y.revision);
}

/** Whether a version is meant by a pattern of apt, such as `1.36.*`; `*` is any text. */
export function matchesVersion(version: string, pattern: string): boolean {
  const parts = pattern.split('*').map(part => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(version);
}

function partsOf(version: string): { epoch: number; upstream: string; revision: string } {
  const [, epoch = '0', rest = ''] = /^(?:(\d+):)?(.*)$/.exec(version) ?? [];
  const dash = rest.lastIndexOf('-');
  const upstream = dash < 0 ? rest : rest.slice(0, dash);
  return { epoch: Number(epoch), upstream, revision: dash < 0 ? '0' : rest.slice(dash + 1) };
}

/** Texts without digits and numbers take turns. */
function compareText(a: string, b: string): number {
  let [x, y] = [a, b];
  while (x !== '' || y !== '') {
    const [textX = '', textY = ''] = [/^\D*/.exec(x)?.[0], /^\D*/.exec(y)?.[0]];
    const byText = compareLetters(textX, textY);
    if (byText !== 0) return byText;
    [x, y] = [x.slice(textX.length), y.slice(textY.length)];
    const [numberX = '', numberY = ''] = [/^\d*/.exec(x)?.[0], /^\d*/.exec(y)?.[0]];
    const byNumber = BigInt(numberX || 0) - BigInt(numberY || 0);
    if (byNumber !== 0n) return byNumber < 0n ? -1 : 1;
    [x, y] = [x.slice(numberX.length), y.slice(numberY.length)];
  }
  return 0;
}

function compareLetters(a: string, b: string): number {
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const difference = weightOf(a[index]) - weightOf(b[index]);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** A tilde comes before the end of the text, letters before everything else. */
function weightOf(character: string | undefined): number {
  if (character === undefined) return 0;
  if (character === '~') return -1;
  return /[A-Za-z]/.test(character) ? character.charCodeAt(0) : character.charCodeAt(0) + 256;
}
