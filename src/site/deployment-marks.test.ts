import { expect, test } from 'vitest';
import { systemId } from '../core/ids.ts';
import { viewOf } from '../history/run.fixture.ts';
import type { EventQuery } from '../maas/queries.ts';
import type { MaasEvent } from '../maas/resources.ts';
import { marksOf, timeDeployments } from './deployment-marks.ts';

/** Events of a region whose clock is four minutes ahead. */
const skewMs = 240_000;

function events(...list: [second: number, type: string, description?: string][]): MaasEvent[] {
  return list.map(([second, type, description = ''], index) => ({
    id: index + 1,
    level: 'INFO',
    type,
    description,
    hostname: 'dev-10',
    machine: systemId('abc'),
    username: '',
    regionMs: second * 1000 + skewMs,
  }));
}

const ordinary = events(
  [0, 'Deploying'],
  [1, 'Powering on'],
  [40, 'Performing PXE boot'],
  [52, 'Loading ephemeral'],
  [110, 'Configuring storage'],
  [120, 'Installing OS'],
  [225, 'Configuring OS'],
  [290, 'Rebooting'],
  [330, 'Performing PXE boot'],
  [360, 'Image Deployed'],
  [361, 'Deployed'],
);
const span = { askedAt: 0, startedAt: 0, endedAt: 362_000, answeredAt: 400_000 };

const seconds = (marks: ReturnType<typeof marksOf>) =>
  marks.map(({ part, at }) => `${part} ${Math.round(at / 1000)}`);
const parts = ['post 1', 'pxe 40', 'ephemeral 52', 'storage 110', 'image 120', 'system 225', 'boot 290'];

test('the parts of a deployment, by our clock', () => {
  expect(seconds(marksOf(ordinary, span))).toEqual(parts);
});

test('a deployment that another run asked for is laid beside its end', () => {
  const resumed = { ...span, askedAt: undefined, startedAt: 100_000, endedAt: 361_000 };
  expect(seconds(marksOf(ordinary, resumed))).toEqual([
    'post 100',
    'pxe 100',
    'ephemeral 100',
    'storage 110',
    'image 120',
    'system 225',
    'boot 290',
  ]);
});

test('only the newest deployment counts', () => {
  const before = events([-900, 'Deploying'], [-800, 'Installing OS'], [-700, 'Deployed'], [-10, 'Released']);
  expect(seconds(marksOf([...before, ...ordinary], span))).toEqual(parts);
});

test('no mark is before the step began or after it ended', () => {
  const odd = events([0, 'Deploying'], [-5, 'Powering on'], [9999, 'Installing OS'], [10_000, 'Deployed']);
  expect(seconds(marksOf(odd, span))).toEqual(['post 0', 'image 362']);
});

test.each<[string, MaasEvent[]]>([
  ['no events', []],
  ['the beginning is gone', ordinary.slice(3)],
  ['times that cannot be read', ordinary.map(event => ({ ...event, regionMs: undefined }))],
])('nothing is made up: %s', (_, given) => {
  expect(marksOf(given, span)).toEqual([]);
});

const cache = "'cloudinit' attempting to read from cache [trust]";
const runs = (module: string) => `'cloudinit' running config-${module} with frequency once-per-instance`;
const reports: [number, string, string][] = [
  [370, 'Node status event', runs('final_message')],
  [341, 'Node installation', cache],
  [341, 'Node installation', runs('growpart')],
  [363, 'Node status event', runs('locale')],
  [364, 'Node status event', runs('runcmd')],
  [368, 'Node status event', runs('scripts-vendor')],
];
const ofTheInstaller: [number, string, string][] = [
  [60, 'Node installation', cache],
  [62, 'Node installation', runs('apt-configure')],
  [70, 'Node installation', runs('scripts-user')],
];
const stages = ['network 341', 'config 363', 'final 368'];

test('the stages of cloud-init in the installed system, whenever MAAS has kept its reports', () => {
  expect(seconds(marksOf([...ordinary, ...events(...ofTheInstaller, ...reports)], span))).toEqual([
    ...parts,
    ...stages,
  ]);
  const unseen = { ...span, answeredAt: undefined };
  expect(seconds(marksOf([...ordinary, ...events(...reports)], unseen))).toEqual([...parts, 'network 341']);
});

test.each([-5, 2, 5.75])('a region %s hours east of Greenwich, where reports have other times', hours => {
  const isReport = ({ type, description }: MaasEvent) =>
    description !== '' || ['Configuring storage', 'Installing OS', 'Configuring OS'].includes(type);
  const zoned = [...ordinary, ...events(...reports)].map(event => ({
    ...event,
    regionMs: (event.regionMs ?? 0) + (isReport(event) ? 0 : hours * 3_600_000),
  }));
  expect(seconds(marksOf(zoned, span))).toEqual([...parts, ...stages]);
});

/** A run that has deployed so many machines, and a region that notes what it is asked. */
async function asked(count: number, answer: (query: EventQuery) => MaasEvent[]) {
  const targets = Array.from({ length: count }, (_, index) => ({
    target: `m${index}`,
    steps: ['hardware.deploy'],
  }));
  const deployed = targets.flatMap(({ target }) => {
    const ids = { target, step: 'hardware.deploy' };
    const started = { type: 'step.started', ...ids, attempt: 1 } as const;
    return [[0, started] as const, [362, { type: 'step.done', ...ids, already: false } as const] as const];
  });
  const queries: EventQuery[] = [];
  const events = async (query: EventQuery): Promise<MaasEvent[]> => {
    queries.push(query);
    return answer(query);
  };
  const view = viewOf({ targets, events: deployed.map(([second, event]) => [second, event]) });
  const timed = await timeDeployments({ events }, view, new AbortController().signal);
  return { timed, queries: queries.map(({ ids, level }) => `${level} ${ids.length}`) };
}

const deploymentsOf = ({ ids }: EventQuery) =>
  ids.flatMap(id => ordinary.map(event => ({ ...event, machine: id })));

test('up to forty machines are asked about in detail, four in a request', async () => {
  const { timed, queries } = await asked(10, deploymentsOf);
  expect(queries).toEqual(['DEBUG 4', 'DEBUG 4', 'DEBUG 2']);
  expect(timed).toHaveLength(10);
});

test('of more machines MAAS is asked for what people are shown, fifty in a request', async () => {
  const { timed, queries } = await asked(60, deploymentsOf);
  expect(queries).toEqual(['INFO 50', 'INFO 10']);
  expect(timed).toHaveLength(60);
});

test('where reports leave no room for the beginning of a deployment, they are left out', async () => {
  const report = { ...ordinary[0], type: 'Node post-installation' } as MaasEvent;
  const { timed, queries } = await asked(2, query =>
    query.level === 'DEBUG' ? Array.from({ length: 1000 }, () => report) : deploymentsOf(query),
  );
  expect(queries).toEqual(['DEBUG 2', 'INFO 2']);
  expect(timed).toHaveLength(2);
});
