import type { MachineRecord } from '../state/records.ts';

/** What a machine's cloud-init is given as user data; undefined when there is none. Base64, also wrapped; anything else as it came. */
export function userDataOf({ userData }: Pick<MachineRecord, 'userData'>): Buffer<ArrayBuffer> | undefined {
  if (userData === null) return undefined;
  const compact = userData.replace(/\s+/g, '');
  const isBase64 = compact.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(compact);
  return Buffer.from(isBase64 ? compact : userData, isBase64 ? 'base64' : 'utf8');
}
