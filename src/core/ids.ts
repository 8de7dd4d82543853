/** MAAS's handle of a machine, such as `xp3dhd`: the only one that its URLs take. A host name is not one. */
export type SystemId = string & { readonly __brand: 'SystemId' };

/** Marks text as a system id, at the edge where it is read from MAAS or from our own files. */
export function systemId(text: string): SystemId {
  return text as SystemId;
}
