import { parseAllDocuments } from 'yaml';

export interface FoundImages {
  /** Named as images. */
  named: string[];
  /** Texts that look like one, in arguments and settings: operators are told so what to start. */
  possible: string[];
}

/** The images of Kubernetes objects in YAML. Pure. */
export function imagesIn(text: string): FoundImages {
  const named = new Set<string>();
  const possible = new Set<string>();
  const look = (value: unknown, key: string): void => {
    if (typeof value === 'string') {
      if (key === 'image' && /^[\w./:@-]+$/.test(value)) named.add(value);
      else for (const [, found = ''] of value.matchAll(imageInText)) possible.add(found);
    } else if (Array.isArray(value)) for (const each of value) look(each, '');
    else if (typeof value === 'object' && value !== null)
      for (const [name, each] of Object.entries(value)) look(each, name);
  };
  for (const document of parseAllDocuments(text)) {
    const object = (document as { toJS(): unknown }).toJS() as { kind?: unknown } | null;
    // Descriptions in it are full of examples.
    if (object?.kind !== 'CustomResourceDefinition') look(object, '');
  }
  return { named: [...named], possible: [...possible].filter(name => !named.has(name)) };
}

/** `quay.io/group/name:v1`, with or without a digest; not a part of a URL or of a longer path. */
const imageInText =
  /(?<![\w./:@-])((?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?(?:\/[a-z0-9._-]+)+(?::\w[\w.-]*(?:@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64}))(?![\w/:])/g;
