import { StringDecoder } from 'node:string_decoder';

export interface ListReader<T> {
  write(chunk: Buffer): void;
  /** What was read; undefined when that was not one whole list. Throws what `read` threw first. */
  end(): T[] | undefined;
}

/** How MAAS, which indents by four, ends an object of a list. No string of JSON has a bare line break. */
const itemEnd = '\n    }';
/** The JSON is written in another way if an object seems to end so often and does not, or never in so many characters. */
const mostMistakes = 3;
const largestItem = 1024 * 1024;

/**
 * Reads a list of JSON objects while it arrives: neither its text nor its objects, 80 MB and more for 5,000 machines, are
 * ever there as a whole. JSON that is not written as MAAS writes it is read at the end, in one go.
 */
export function createListReader<T>(read: (item: unknown) => T): ListReader<T> {
  const items: T[] = [];
  const decoder = new StringDecoder('utf8');
  let unread = '';
  let mistakes = 0;
  let failure: { thrown: unknown } | undefined;

  const lead = (): string => (items.length === 0 ? '[' : ',');
  /** Takes the objects that are there as a whole off the beginning. */
  const takeItems = (text: string): string => {
    let begin = 0;
    for (let found = text.indexOf(itemEnd); found !== -1 && mistakes < mostMistakes; ) {
      const end = found + itemEnd.length;
      const item = itemIn(text.slice(begin, end), lead());
      mistakes = item ? 0 : mistakes + 1;
      if (item) {
        items.push(read(item));
        begin = end;
      }
      found = text.indexOf(itemEnd, end);
    }
    return text.slice(begin);
  };
  return {
    write(chunk) {
      unread += decoder.write(chunk);
      if (failure || mistakes === mostMistakes) return;
      try {
        unread = takeItems(unread);
        if (unread.length > largestItem) mistakes = mostMistakes;
      } catch (thrown) {
        failure = { thrown };
      }
    },
    end() {
      if (failure) throw failure.thrown;
      const text = (unread + decoder.end()).trim();
      if (items.length > 0 && text === ']') return items;
      const list = text.startsWith(lead()) ? parsed(`[${text.slice(1)}`) : undefined;
      return Array.isArray(list) ? [...items, ...list.map(read)] : undefined;
    },
  };
}

/** The object that the text is, after the bracket of the list or a comma. The beginning of one is not JSON. */
function itemIn(text: string, lead: string): object | undefined {
  const begin = text.indexOf('{');
  if (text.slice(0, begin).trim() !== lead) return undefined;
  return parsed(text.slice(begin)) as object | undefined;
}

/** Undefined when it is not JSON. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
