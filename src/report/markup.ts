/** Text that is HTML or SVG already. Everything else is escaped when it is put into some. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Content = Markup | string | number | undefined | readonly Content[];

/** Markup from a template: what is put in is escaped, unless it is markup itself. Attribute values need double quotes. */
export function markup(strings: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(strings.map((text, index) => text + textOf(values[index])).join(''));
}

function textOf(content: Content): string {
  if (content === undefined) return '';
  if (content instanceof Markup) return content.text;
  if (typeof content === 'string' || typeof content === 'number') return escaped(`${content}`);
  return content.map(textOf).join('');
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, char => `&#${char.charCodeAt(0)};`).replaceAll(notAllowed, '�');
}

/** Characters that HTML does not know: https://html.spec.whatwg.org/multipage/parsing.html#preprocessing-the-input-stream */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const notAllowed = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ud800-\udfff]/g;
