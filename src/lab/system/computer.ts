import { existsSync, statSync } from 'node:fs';
import { mkdir, readFile, statfs } from 'node:fs/promises';
import { type CgroupLayout, layoutOf, readCgroupHierarchies } from './cgroups.ts';
import { hasApt } from './packages.ts';

export interface ComputerProblem {
  /** What is wrong, as a clause: "this is not Linux". */
  what: string;
  hint: string;
}

export interface ComputerCheck {
  /** Empty when this computer can run real hosts. */
  problems: readonly ComputerProblem[];
  cgroups: CgroupLayout | undefined;
  root: boolean;
}

/** Looks whether this computer can run real hosts, with everything that stands in the way at once. Never throws. */
export async function checkComputer(stateDir: string): Promise<ComputerCheck> {
  const root = process.getuid?.() === 0;
  if (process.platform !== 'linux') return { problems: [notLinux], cgroups: undefined, root };
  const cgroups = layoutOf(await readCgroupHierarchies().catch(() => []));
  const found = [
    !root && { what: 'you are not root', hint: `run it with sudo, ${OR_SIMULATED}` },
    !(await hasAdminRights()) && root && { what: 'root has no CAP_SYS_ADMIN here', hint: NOT_IN_CONTAINER },
    !cgroups && { what: 'no cgroups are mounted', hint: `mount cgroup2 at /sys/fs/cgroup, ${OR_SIMULATED}` },
    !(await knowsOverlay()) && { what: 'the kernel has no overlay file system', hint: SIMULATED },
    !(await hasApt()) && { what: 'this is not Debian or Ubuntu: there is no apt-get', hint: SIMULATED },
    missingNamespace() && { what: `the kernel has no ${missingNamespace()} namespaces`, hint: SIMULATED },
    // The hosts get their device files as they are here, and apt in them writes to it as a user of its own.
    (statSync('/dev/null').mode & 0o666) !== 0o666 && {
      what: 'not everybody may use /dev/null',
      hint: DEV_NULL,
    },
    root &&
      (await isOverlay(stateDir)) && { what: `${stateDir} is on an overlay file system`, hint: OTHER_HOME },
  ];
  return { problems: found.filter(problem => typeof problem === 'object'), cgroups, root };
}

const SIMULATED = 'use --machines simulated, which works everywhere';
const OR_SIMULATED = 'or use --machines simulated, which works everywhere';
const NOT_IN_CONTAINER = `run it outside of containers, ${OR_SIMULATED}`;
const DEV_NULL = 'give it its usual rights back: chmod 666 /dev/null';
const OTHER_HOME = 'set COLDSTART_HOME to a folder on an ordinary disk';
const notLinux: ComputerProblem = { what: 'this is not Linux', hint: SIMULATED };

const CAP_SYS_ADMIN = 21n;

async function hasAdminRights(): Promise<boolean> {
  const status = await readFile('/proc/self/status', 'utf8');
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`);
  return ((effective >> CAP_SYS_ADMIN) & 1n) === 1n;
}

async function knowsOverlay(): Promise<boolean> {
  // A kernel with modules loads it at the first mount.
  if (existsSync('/proc/modules')) return true;
  return (await readFile('/proc/filesystems', 'utf8')).includes('\toverlay');
}

function missingNamespace(): string | undefined {
  return ['net', 'mnt', 'pid', 'uts', 'ipc', 'cgroup'].find(kind => !existsSync(`/proc/self/ns/${kind}`));
}

const OVERLAYFS_MAGIC = 0x794c7630;

/** An overlay cannot be the upper layer of another one. */
async function isOverlay(dir: string): Promise<boolean> {
  await mkdir(dir, { recursive: true });
  return (await statfs(dir)).type === OVERLAYFS_MAGIC;
}
