import { requireAdmin } from '../auth/access.ts';
import { type Answer, nothing } from '../http/answers.ts';
import { badRequest, invalid, notFound } from '../http/errors.ts';
import type { Call, Resource } from '../http/resource.ts';
import type { DomainRecord } from '../state/records.ts';
import { nextNumber } from '../state/world.ts';
import { viewDomain } from '../views/things.ts';

/** DNS domains: `domains/`. */
export const domains: Resource = {
  name: 'Domains',
  read: call => [...call.world.domains.values()].map(domain => viewDomain(call.world, domain)),
  create,
};

/** One domain: `domains/{id}/`. */
export const domain: Resource = {
  name: 'Domain',
  read: call => viewDomain(call.world, domainOf(call)),
  remove,
};

function domainOf(call: Call): DomainRecord {
  const wanted = call.args['id'] ?? '';
  const found = [...call.world.domains.values()].find(
    record => String(record.id) === wanted || record.name === wanted,
  );
  if (!found) throw notFound('Domain');
  return found;
}

function create(call: Call): unknown {
  requireAdmin(call);
  const name = call.data.field('name');
  if ([...call.world.domains.values()].some(record => record.name === name)) {
    throw invalid({ name: 'Domain with this Name already exists.' });
  }
  const record: DomainRecord = {
    id: nextNumber(call.world, 'domain'),
    name,
    authoritative: call.data.bool('authoritative', true),
    ttl: call.data.has('ttl') ? Number(call.data.one('ttl')) : null,
    isDefault: false,
  };
  call.world.domains.put(record.id, record);
  return viewDomain(call.world, record);
}

function remove(call: Call): Answer {
  requireAdmin(call);
  const found = domainOf(call);
  if (found.isDefault) throw badRequest('This domain is the default domain, it cannot be deleted.');
  if ([...call.world.machines.values()].some(machine => machine.domainId === found.id)) {
    throw badRequest('This domain has machines in it, it cannot be deleted.');
  }
  call.world.domains.delete(found.id);
  return nothing;
}
