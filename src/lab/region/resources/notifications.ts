import { requireAdmin } from '../auth/access.ts';
import { type Answer, nothing } from '../http/answers.ts';
import { invalid, notFound } from '../http/errors.ts';
import type { Call, Resource } from '../http/resource.ts';
import type { NotificationRecord, UserRecord } from '../state/records.ts';
import { nextNumber } from '../state/world.ts';

/** What the web interface shows at its top: `notifications/`, those for the caller. */
export const notifications: Resource = {
  name: 'Notifications',
  read: call => [...call.world.notifications.values()].filter(record => isFor(call.user, record)).map(view),
  create,
};

export const notification: Resource = {
  name: 'Notification',
  read: call => view(notificationOf(call)),
  remove,
  post: { dismiss },
};

function isFor(user: UserRecord, record: NotificationRecord): boolean {
  const addressed = record.user === user.username || record.users || (record.admins && user.isSuperuser);
  return addressed && !record.dismissedBy.includes(user.username);
}

function notificationOf(call: Call): NotificationRecord {
  const found = call.world.notifications.get(call.args['id'] ?? '');
  if (!found) throw notFound('Notification');
  return found;
}

const categories = new Set(['error', 'warning', 'success', 'info']);

function create(call: Call): unknown {
  requireAdmin(call);
  const { data } = call;
  const category = data.one('category') || 'info';
  if (!categories.has(category)) {
    throw invalid({ category: `Select a valid choice. ${category} is not one of the available choices.` });
  }
  const record: NotificationRecord = {
    id: nextNumber(call.world, 'notification'),
    ident: data.one('ident') || null,
    user: data.one('user') || null,
    users: data.bool('users'),
    admins: data.bool('admins'),
    message: data.field('message'),
    context: contextOf(call),
    category,
    dismissable: data.bool('dismissable', true),
    dismissedBy: [],
  };
  call.world.notifications.put(record.id, record);
  return view(record);
}

function contextOf(call: Call): Record<string, unknown> {
  const text = call.data.one('context');
  if (!text) return {};
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw invalid({ context: 'Context is not a JSON object.' });
  }
}

function remove(call: Call): Answer {
  requireAdmin(call);
  call.world.notifications.delete(notificationOf(call).id);
  return nothing;
}

function dismiss(call: Call): null {
  const found = notificationOf(call);
  found.dismissedBy.push(call.user.username);
  call.world.notifications.put(found.id, found);
  return null;
}

function view(record: NotificationRecord) {
  return {
    ident: record.ident,
    user: record.user,
    users: record.users,
    admins: record.admins,
    message: record.message,
    context: record.context,
    category: record.category,
    dismissable: record.dismissable,
    id: record.id,
    resource_uri: `/MAAS/api/2.0/notifications/${record.id}/`,
  };
}
