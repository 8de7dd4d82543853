import { lookOnly, type PlayHost, type PlayTask, type PlayWorld } from './tasks.ts';

/** One line of the callback plugin ansible/plugins/callback/coldstart_events.py. */
type PlayEvent = { event: string; [key: string]: unknown };

/** A machine of the limit, with its system or what ssh said instead. */
export type PlayMember = PlayHost | { name: string; unreachable: string };

export interface PlayOptions {
  playbook: string;
  tasks: readonly PlayTask[];
  members: readonly PlayMember[];
  world: PlayWorld;
  emit(event: PlayEvent): void;
  signal: AbortSignal;
}

interface Stats {
  ok: number;
  changed: number;
  failures: number;
  unreachable: number;
  skipped: number;
}

/**
 * Plays one playbook as Ansible's linear strategy does: every machine takes a task at the same time, and the next one
 * begins when all are done with it. True when all went well.
 */
export async function play(options: PlayOptions): Promise<boolean> {
  const { playbook, tasks, members, emit, signal } = options;
  const stats = new Map(members.map(({ name }) => [name, noStats()]));
  const out = new Set<string>();
  emit({ event: 'start', playbook });
  for (const task of tasks) {
    const takers = members.filter(member => !out.has(member.name) && takes(member, task, options.world));
    if (takers.length === 0) continue;
    emit({ event: 'task', task: task.name, uuid: task.name });
    await Promise.all(
      takers.map(async member => {
        const end = await takeTask(member, task, options);
        count(stats.get(member.name), end);
        if (end === 'failed' || end === 'unreachable') out.add(member.name);
      }),
    );
    signal.throwIfAborted();
  }
  emit({ event: 'stats', hosts: Object.fromEntries(stats) });
  emit({ event: 'end', complete: true });
  return out.size === 0;
}

function takes(member: PlayMember, task: PlayTask, world: PlayWorld): boolean {
  return 'unreachable' in member || (task.applies?.(member, world) ?? true);
}

type TaskEnd = 'ok' | 'changed' | 'failed' | 'unreachable';

async function takeTask(member: PlayMember, task: PlayTask, options: PlayOptions): Promise<TaskEnd> {
  const startedAt = performance.now();
  const tell = (status: TaskEnd, message?: string): TaskEnd => {
    const seconds = Math.round(performance.now() - startedAt) / 1000;
    const why = message === undefined ? {} : { message };
    const output = { changed: status === 'changed', ...(message === undefined ? {} : { msg: message }) };
    options.emit({ event: 'host', host: member.name, task: task.name, status, seconds, ...why, output });
    return status;
  };
  if ('unreachable' in member)
    return tell('unreachable', `Failed to connect to the host via ssh: ${member.unreachable}`);
  try {
    return tell(await work(member, task, options));
  } catch (error) {
    options.signal.throwIfAborted();
    const said = error instanceof Error ? error.message : String(error);
    if (error instanceof Error && error.name === 'TaskFailure') return tell('failed', said);
    return tell('unreachable', `Data could not be sent to remote host: ${said}`);
  }
}

async function work(
  host: PlayHost,
  task: PlayTask,
  { world, signal }: PlayOptions,
): Promise<'ok' | 'changed'> {
  const { systems } = world;
  const { id } = host.system;
  const turn = async (): Promise<'ok' | 'changed'> => {
    const needed = task.needed(host, world);
    const cut = task.goesOn === true ? undefined : signal;
    await systems.spend(id, task.name, needed ? task.curve : lookOnly, cut);
    if (!needed) return 'ok';
    await task.act?.(host, world);
    return 'changed';
  };
  return task.goesOn === true ? systems.alone(id, turn) : turn();
}

function noStats(): Stats {
  return { ok: 0, changed: 0, failures: 0, unreachable: 0, skipped: 0 };
}

function count(stats: Stats | undefined, end: TaskEnd): void {
  if (!stats) return;
  if (end === 'failed') stats.failures += 1;
  else if (end === 'unreachable') stats.unreachable += 1;
  else stats.ok += 1;
  if (end === 'changed') stats.changed += 1;
}
