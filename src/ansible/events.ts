import * as z from 'zod';

const startEvent = z.looseObject({ event: z.literal('start'), playbook: z.string() });
const taskEvent = z.looseObject({ event: z.literal('task'), task: z.string(), uuid: z.string() });
const hostEvent = z.looseObject({
  event: z.literal('host'),
  host: z.string(),
  task: z.string(),
  status: z.enum(['ok', 'changed', 'skipped', 'failed', 'unreachable']),
  seconds: z.number(),
  /** Why, for failed and unreachable. */
  message: z.string().optional(),
  /** True for a failure that the task says to go on after. */
  ignored: z.boolean().optional(),
  /** Everything that the module answered, without secrets. */
  output: z.record(z.string(), z.unknown()),
});
const retryEvent = z.looseObject({
  event: z.literal('retry'),
  host: z.string(),
  task: z.string(),
  attempt: z.number(),
  of: z.number(),
});
const hostStats = z.looseObject({
  ok: z.number(),
  changed: z.number(),
  failures: z.number(),
  unreachable: z.number(),
  skipped: z.number(),
});
const statsEvent = z.looseObject({ event: z.literal('stats'), hosts: z.record(z.string(), hostStats) });
const endEvent = z.looseObject({
  event: z.literal('end'),
  /** False when plays were left out, because every machine of an earlier one failed. */
  complete: z.boolean().default(true),
});

const ansibleEvent = z.discriminatedUnion('event', [
  startEvent,
  taskEvent,
  hostEvent,
  retryEvent,
  statsEvent,
  endEvent,
]);

/** One line of the callback plugin ansible/plugins/callback/coldstart_events.py. */
export type AnsibleEvent = z.infer<typeof ansibleEvent>;
/** How one task ended on one machine; `seconds` is how long it took there. */
export type HostEvent = z.infer<typeof hostEvent>;

/** The event in a line of ansible-playbook's standard output; undefined for any other text. */
export function parseEvent(line: string): AnsibleEvent | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return ansibleEvent.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
