import { requireAdmin } from '../auth/access.ts';
import { type Answer, created, nothing } from '../http/answers.ts';
import { badRequest, conflict, forbidden, invalid, notFound, required } from '../http/errors.ts';
import type { Call, Resource } from '../http/resource.ts';
import { addToken } from '../state/genesis.ts';
import type { TokenRecord } from '../state/records.ts';
import { nextNumber } from '../state/world.ts';
import { viewUser } from '../views/things.ts';

/** Users: `users/`. */
export const users: Resource = {
  name: 'Users',
  read: call => [...call.world.users.values()].map(viewUser),
  create: createUser,
  get: { whoami: call => viewUser(call.user) },
};

/** One user: `users/{name}/`. */
export const user: Resource = { name: 'User', read: call => viewUser(userOf(call)), remove: removeUser };

/** The caller's API keys: `account/`. */
export const account: Resource = {
  name: 'Account',
  get: {
    list_authorisation_tokens: call =>
      tokensOf(call).map(token => ({ name: token.name, token: keyText(token) })),
  },
  post: {
    create_authorisation_token: createToken,
    delete_authorisation_token: deleteToken,
    update_token_name: renameToken,
  },
};

/** The caller's SSH keys: `account/prefs/sshkeys/`. */
export const sshKeys: Resource = {
  name: 'SSHKeys',
  read: call => call.user.sshKeys.map(viewKey),
  create: createKey,
  post: {
    import: () => {
      throw badRequest('The lab cannot import SSH keys: there is no way out of it.');
    },
  },
};

/** One SSH key: `account/prefs/sshkeys/{id}/`. */
export const sshKey: Resource = { name: 'SSHKey', read: call => viewKey(keyOf(call)), remove: removeKey };

export function keyText(token: TokenRecord): string {
  return `${token.consumerKey}:${token.tokenKey}:${token.tokenSecret}`;
}

function userOf(call: Call) {
  const found = call.world.users.get(call.args['name'] ?? '');
  if (!found) throw notFound('User');
  return found;
}

function createUser(call: Call): unknown {
  requireAdmin(call);
  const username = call.form.mandatory('username');
  const email = call.form.mandatory('email');
  call.form.mandatory('password');
  if (call.world.users.get(username))
    throw invalid({ username: 'A user with that username already exists.' });
  const isSuperuser = call.form.bool('is_superuser');
  const added = { username, email, isSuperuser, sshKeys: [] };
  call.world.users.put(username, added);
  addToken(call.world, { name: 'MAAS consumer', user: username, machine: null });
  return viewUser(added);
}

function removeUser(call: Call): Answer {
  requireAdmin(call);
  const name = call.args['name'] ?? '';
  // Deleting one that is not there is no error for MAAS.
  if (name === call.user.username) throw badRequest('An administrator cannot self-delete.');
  if ([...call.world.machines.values()].some(machine => machine.owner === name)) {
    throw badRequest(`User ${name} cannot be deleted: there are machines allocated to it.`);
  }
  call.world.users.delete(name);
  for (const token of call.world.tokens.values()) {
    if (token.user === name) call.world.tokens.delete(token.tokenKey);
  }
  return nothing;
}

function tokensOf(call: Call): TokenRecord[] {
  return [...call.world.tokens.values()].filter(token => token.user === call.user.username);
}

function createToken(call: Call): unknown {
  const name = call.form.one('name') ?? 'MAAS consumer';
  const token = addToken(call.world, { name, user: call.user.username, machine: null });
  return {
    token_key: token.tokenKey,
    token_secret: token.tokenSecret,
    consumer_key: token.consumerKey,
    name: token.name,
  };
}

function deleteToken(call: Call): Answer {
  const key = call.form.mandatory('token_key');
  if (tokensOf(call).some(token => token.tokenKey === key)) call.world.tokens.delete(key);
  return nothing;
}

function renameToken(call: Call): unknown {
  const wanted = call.form.mandatory('token');
  const name = call.form.mandatory('name');
  const token = tokensOf(call).find(known => keyText(known) === wanted || known.tokenKey === wanted);
  if (!token) throw conflict('There is no such token of yours.');
  call.world.tokens.put(token.tokenKey, { ...token, name });
  return { name };
}

function viewKey(key: { id: number; key: string }) {
  return { key: key.key, keysource: null, id: key.id };
}

const keyTypes =
  /^(ssh-(rsa|dss|ed25519)|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com)$/;

function createKey(call: Call): unknown {
  const text = (call.data.one('key') ?? '').trim();
  if (text === '') throw invalid({ key: required });
  const [type = '', base64] = text.split(/\s+/);
  if (base64 === undefined) {
    throw invalid({
      key: `Invalid SSH public key: Key should contain 2 or more space separated parts (key type, base64-encoded key, optional comments), not 1: ${text}`,
    });
  }
  if (!keyTypes.test(type)) {
    throw invalid({ key: `Invalid SSH public key: Key type ${type} not recognised.` });
  }
  if (call.user.sshKeys.some(known => known.key === text)) {
    throw invalid({ __all__: 'This key has already been added for this user.' });
  }
  const key = { id: nextNumber(call.world, 'sshKey'), key: text };
  call.user.sshKeys.push(key);
  call.world.users.put(call.user.username, call.user);
  return created(viewKey(key));
}

function keyOf(call: Call): { id: number; key: string } {
  const id = Number(call.args['id']);
  const mine = call.user.sshKeys.find(key => key.id === id);
  if (mine) return mine;
  const foreign = [...call.world.users.values()].some(user => user.sshKeys.some(key => key.id === id));
  throw foreign ? forbidden("Can't delete a key you don't own.") : notFound('SSHKey');
}

function removeKey(call: Call): Answer {
  const { id } = keyOf(call);
  call.user.sshKeys = call.user.sshKeys.filter(key => key.id !== id);
  call.world.users.put(call.user.username, call.user);
  return nothing;
}
