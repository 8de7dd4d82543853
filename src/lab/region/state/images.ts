import type { World } from './world.ts';

/** `ubuntu/jammy` is meant by itself and by its second half. */
export function isImage(image: string, wanted: string): boolean {
  return image === wanted || image.split('/')[1] === wanted;
}

/** The images that can be deployed, in the order in which MAAS lists them. */
export function listedSeries(world: World): string[] {
  return [...world.driver.images].sort();
}
