import { randomInt } from 'node:crypto';
import { type SystemId, systemId } from '../../../core/ids.ts';

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
// The letters of MAAS's own ids: https://github.com/canonical/maas/blob/3.4/src/provisioningserver/utils/znums.py
const idLetters = '34678abcdefghkmnpqrstwxy';

function randomText(from: string, length: number): string {
  return Array.from({ length }, () => from[randomInt(from.length)]).join('');
}

/** The three parts of a new API key. */
export function newTokenParts(): { consumerKey: string; tokenKey: string; tokenSecret: string } {
  return {
    consumerKey: randomText(letters, 18),
    tokenKey: randomText(letters, 18),
    tokenSecret: randomText(letters, 32),
  };
}

export function newSystemId(taken: (id: SystemId) => boolean): SystemId {
  for (;;) {
    const id = systemId(randomText(idLetters, 6));
    if (!taken(id)) return id;
  }
}
