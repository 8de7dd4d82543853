/** The parts of an image's name. */
export interface ImageReference {
  /** Such as `registry.k8s.io`, or `docker.io` when the name has none. */
  registry: string;
  /** Path below the registry, such as `coredns/coredns`. */
  repository: string;
  tag: string;
}

/**
 * Reads a name as container engines do: no registry means Docker Hub, and there a single word is in `library/`.
 * Undefined for a name without a repository, or with a digest in place of the tag.
 */
export function parseImageName(name: string): ImageReference | undefined {
  if (name.includes('@')) return undefined;
  const [, path = '', tag = 'latest'] = /^(.*?)(?::([\w.-]+))?$/.exec(name) ?? [];
  const [first = '', ...rest] = path.split('/');
  const hasRegistry = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const registry = hasRegistry ? first : 'docker.io';
  const repository = hasRegistry ? rest.join('/') : path;
  if (repository === '') return undefined;
  const single = registry === 'docker.io' && !repository.includes('/');
  return { registry, repository: single ? `library/${repository}` : repository, tag };
}

/** As `parseImageName`, and with the digest where a name has one: that is what the name stands for then. */
export function parseImage(name: string): (ImageReference & { digest: string | undefined }) | undefined {
  const [, plain = '', digest] = /^([^@]*)(?:@(sha256:[0-9a-f]{64}))?$/.exec(name) ?? [];
  const reference = parseImageName(plain);
  return reference && { ...reference, digest };
}

/** The whole name, with registry and tag: `docker.io/library/busybox:1.35`. */
export function fullImageName(name: string): string {
  const image = parseImage(name);
  if (!image) return name;
  const { registry, repository, tag, digest } = image;
  return digest === undefined ? `${registry}/${repository}:${tag}` : `${registry}/${repository}@${digest}`;
}

/**
 * The best match for what a client asks for: the registry that it means, else any with this path, else one whose
 * path ends like this one, so that names with another registry in front keep working.
 */
export function findImage<T extends ImageReference>(
  images: readonly T[],
  asked: { registry: string | undefined; repository: string; tag: string },
): T | undefined {
  const tagged = imagesAt(images, asked.repository).filter(image => image.tag === asked.tag);
  return tagged.find(image => image.registry === asked.registry) ?? tagged[0];
}

/** All images at a path, the best matches first; the path may have a registry in front. */
export function imagesAt<T extends ImageReference>(images: readonly T[], repository: string): T[] {
  const withRegistry = images.filter(image => `${image.registry}/${image.repository}` === repository);
  const exact = images.filter(image => image.repository === repository);
  const ending = images.filter(
    image => !withRegistry.includes(image) && repository.endsWith(`/${image.repository}`),
  );
  return [...exact, ...withRegistry, ...ending];
}
