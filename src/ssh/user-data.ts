import type { KeyPair } from './identity.ts';

export interface UserData {
  /** The machine's own identity. */
  hostKey: Pick<KeyPair, 'privateKey' | 'publicKey'>;
  /** Public keys that may log in, besides those of the MAAS user. */
  authorizedKeys: readonly string[];
}

/**
 * The cloud-config that a machine gets with its deployment. JSON is YAML, so nothing needs quoting.
 * Keys: https://cloudinit.readthedocs.io/en/latest/reference/modules.html#ssh
 */
export function userData({ hostKey, authorizedKeys }: UserData): string {
  const config = {
    ssh_deletekeys: true,
    ssh_keys: { ed25519_private: hostKey.privateKey.reveal(), ed25519_public: hostKey.publicKey },
    ssh_authorized_keys: authorizedKeys,
  };
  return `#cloud-config\n${JSON.stringify(config)}\n`;
}
