import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { ColdstartError } from '../../core/errors.ts';
import { assetsDir } from '../system/assets.ts';
import { run } from '../system/run.ts';
import type { KubernetesContext } from './release.ts';

export const DEBIAN_KUBERNETES = 'v1.20.2';

/** The programs of a cluster, the one that other steps wait for first. */
const PROGRAMS = [
  'kubeadm',
  'kubectl',
  'kubelet',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
] as const;

/**
 * Compiles every program of Kubernetes and the DNS stand-in into `<workDir>/bin`.
 * A program that is there already is not compiled again.
 */
export async function compileKubernetes(
  tree: string,
  workDir: string,
  context: KubernetesContext,
): Promise<string> {
  const binDir = join(workDir, 'bin');
  await mkdir(binDir, { recursive: true });
  const go: GoBuild = { tree, workDir, binDir, context };
  await generateOpenApi(go);
  const total = PROGRAMS.length + 1;
  for (const [index, program] of PROGRAMS.entries()) {
    await buildOnce(go, program, `./cmd/${program}`, `${index + 1} of ${total}`, versionFlags());
  }
  await cp(join(assetsDir(), 'cluster-dns'), join(tree, 'cmd/cluster-dns'), { recursive: true });
  await buildOnce(go, 'cluster-dns', './cmd/cluster-dns', `${total} of ${total}`, STRIPPED);
  return binDir;
}

interface GoBuild {
  tree: string;
  workDir: string;
  binDir: string;
  context: KubernetesContext;
}

const STRIPPED = '-s -w -buildid=';

// In GOPATH mode the paths of packages have the prefix of the folder that vendors them.
function versionFlags(): string {
  const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(DEBIAN_KUBERNETES) ?? [];
  const values = {
    gitVersion: DEBIAN_KUBERNETES,
    gitCommit: 'faecb196815e248d3ecfb03c680a4507229c2a56',
    gitTreeState: 'archive',
    gitMajor: major,
    gitMinor: minor,
    buildDate: '2021-01-13T13:28:09Z',
  };
  const packages = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'];
  const flags = packages.flatMap(name =>
    Object.entries(values).map(([key, value]) => `-X k8s.io/kubernetes/vendor/${name}.${key}=${value}`),
  );
  return [STRIPPED, ...flags].join(' ');
}

async function buildOnce(
  go: GoBuild,
  name: string,
  pkg: string,
  count: string,
  ldflags: string,
): Promise<void> {
  const target = join(go.binDir, name);
  if (existsSync(target)) return;
  // The compiler of a build that was killed may still be at work, so it must not meet this one's file.
  const draft = `${target}.${process.pid}.tmp`;
  go.context.progress(`building ${name} (${count})`);
  const args = [
    'build',
    '-trimpath',
    '-p',
    String(availableParallelism()),
    '-ldflags',
    ldflags,
    '-o',
    draft,
    pkg,
  ];
  await run('go', args, { ...goOptions(go), doing: `build ${name}` });
  await rename(draft, target);
}

function goOptions({ tree, workDir, context }: GoBuild) {
  const env = {
    GOPATH: join(workDir, 'gopath'),
    GOCACHE: join(workDir, 'gocache'),
    GO111MODULE: 'off',
    GOPROXY: 'off',
    GOFLAGS: '',
    CGO_ENABLED: '0',
  };
  return { cwd: tree, env, signal: context.signal };
}

/** The source package lacks one generated file; the generator itself is vendored. */
async function generateOpenApi(go: GoBuild): Promise<void> {
  const generated = join(go.tree, 'pkg/generated/openapi/zz_generated.openapi.go');
  if (existsSync(generated)) return;
  go.context.progress('generating the API description');
  const generator = join(go.workDir, 'openapi-gen');
  const options = { ...goOptions(go), doing: "generate Kubernetes' API description" };
  await run('go', ['build', '-o', generator, './vendor/k8s.io/kube-openapi/cmd/openapi-gen'], options);
  const packages = (await openApiPackages(go.tree)).map(dir => `k8s.io/kubernetes/${dir}`);
  const boilerplate = 'vendor/k8s.io/code-generator/hack/boilerplate.go.txt';
  const args = ['--logtostderr', '-i', packages.join(','), '-p', 'k8s.io/kubernetes/pkg/generated/openapi'];
  const report = join(go.workDir, 'openapi-violations.report');
  await run(generator, [...args, '-O', 'zz_generated.openapi.tmp', '-h', boilerplate, '-r', report], options);
  await rename(join(dirname(generated), 'zz_generated.openapi.tmp.go'), generated);
}

/** Folders with a package that asks for an API description, relative to the tree, sorted. */
async function openApiPackages(tree: string): Promise<string[]> {
  const roots = ['pkg', 'cmd', 'plugin', ...(await linkedModules(tree))];
  const found = new Set<string>();
  for (const root of roots) {
    for (const file of await readdir(join(tree, root), { recursive: true, withFileTypes: true })) {
      if (!file.isFile() || !file.name.endsWith('.go')) continue;
      const dir = relative(tree, file.parentPath);
      if (!found.has(dir) && (await wantsOpenApi(join(file.parentPath, file.name)))) found.add(dir);
    }
  }
  if (found.size === 0)
    throw new ColdstartError('BUG', 'no package of Kubernetes asks for an API description');
  return [...found].sort();
}

async function linkedModules(tree: string): Promise<string[]> {
  const unwanted = new Set(['code-generator', 'sample-apiserver', 'kube-openapi', 'gengo']);
  const names = await readdir(join(tree, 'vendor/k8s.io'));
  return names.filter(name => !unwanted.has(name)).map(name => join('vendor/k8s.io', name));
}

async function wantsOpenApi(file: string): Promise<boolean> {
  return /^\/\/ *\+k8s:openapi-gen=/m.test(await readFile(file, 'utf8'));
}
