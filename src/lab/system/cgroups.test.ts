import { describe, expect, test } from 'vitest';
import { layoutOf, parseMountInfo } from './cgroups.ts';

const unified = '30 23 0:27 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate';
const memory = '35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory';
const cpu = '36 31 0:33 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct';
const named = '40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd';
const v2Beside = '41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw';
const disk = '1 0 254:0 / / rw,relatime - ext4 /dev/vda rw';

describe('the layout of cgroups', () => {
  test.each([
    ['unified', [disk, unified]],
    ['hybrid', [memory, cpu, named, v2Beside]],
    ['legacy', [memory, named]],
    // What systemd itself calls unified: its own hierarchy is v1 by name only, without a controller.
    ['unified', [named, v2Beside]],
    [undefined, [disk]],
  ])('is %s', (expected, lines) => expect(layoutOf(parseMountInfo(lines.join('\n')))).toBe(expected));
});

test('a hierarchy that is mounted twice is one', () => {
  const again = cpu.replace('/sys/fs/cgroup/cpu,cpuacct', '/elsewhere');
  expect(parseMountInfo([cpu, again].join('\n'))).toEqual([
    { mountPoint: '/sys/fs/cgroup/cpu,cpuacct', version: 1, controllers: ['cpu', 'cpuacct'] },
  ]);
});
