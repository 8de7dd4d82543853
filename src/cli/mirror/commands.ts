import { buildCommand, buildRouteMap } from '@stricli/core';
import { ColdstartError } from '../../core/errors.ts';
import type { AppContext } from '../context.ts';
import { outputAliases, outputFlag, type ReadFlags, readAliases, readFlags, switchFlag } from '../flags.ts';
import { guard } from '../guard.ts';
import type { MirrorCheckFlags, MirrorFetchFlags, MirrorServeFlags } from './mirror.ts';

const folder = {
  kind: 'tuple',
  parameters: [{ parse: String, placeholder: 'DIR', brief: 'Folder of the mirror' }],
} as const;

const listCommand = buildCommand<ReadFlags, [], AppContext>({
  loader: async () => guard((await import('./mirror.ts')).mirrorList),
  parameters: { flags: readFlags, aliases: readAliases },
  docs: {
    brief: 'List the packages, images, charts and manifests that the cluster needs from outside',
    fullDescription:
      'Reads cluster.yaml and asks nobody. What only something that is fetched can tell (the images in a chart, those of ' +
      'Kubernetes, what packages depend on) is named as such; coldstart mirror fetch finds out.',
  },
});

const fetchCommand = buildCommand<MirrorFetchFlags, [string], AppContext>({
  loader: async () => guard((await import('./mirror.ts')).mirrorFetch),
  parameters: {
    flags: {
      ...readFlags,
      update: switchFlag(
        'Take what is there now in the place of what was pinned: images, charts, manifests, keys',
      ),
    },
    aliases: readAliases,
    positional: folder,
  },
  docs: {
    brief:
      'Fetch all of it into a folder, checked by digest; run it again to go on or to bring it up to date',
    fullDescription:
      'Needs a way to the internet, gpgv for signatures, and helm where charts are wanted. Everything comes from where the ' +
      'machines would get it: packages.proxy, packages.kubernetes and images.mirrors hold, mirror.url does not. What arrived ' +
      'is kept when it is cut off. mirror.lock.json pins what came; when something pinned is another thing later, the old one ' +
      'stays and the command fails, until --update. Carry the folder to the site, and run coldstart mirror serve there.',
  },
});

const serveCommand = buildCommand<MirrorServeFlags, [string], AppContext>({
  loader: async () => guard((await import('./mirror.ts')).mirrorServe),
  parameters: {
    flags: {
      listen: {
        kind: 'parsed',
        parse: parseListen,
        default: '0.0.0.0:3140',
        placeholder: 'ADDRESS:PORT',
        brief: 'Where to answer',
      },
    },
    positional: folder,
  },
  docs: {
    brief: 'Serve the folder to machines and helm: package repositories, a registry, charts, manifests',
    fullDescription:
      'Runs until Ctrl-C. With mirror.url: http://ADDRESS:PORT in cluster.yaml, machines and helm take everything from it ' +
      'and nothing from elsewhere. It only reads, so it needs no rights but to the folder; a later fetch is noticed.',
  },
});

const checkCommand = buildCommand<MirrorCheckFlags, [string], AppContext>({
  loader: async () => guard((await import('./mirror.ts')).mirrorCheck),
  parameters: { flags: { output: outputFlag }, aliases: outputAliases, positional: folder },
  docs: {
    brief: 'Read every file of the folder and compare its digest with mirror.lock.json',
    fullDescription:
      'Worth its time after the folder was carried somewhere. Fails when something is missing or was changed; coldstart ' +
      'mirror fetch gets back what is missing, after the changed files were removed.',
  },
});

export const mirrorRoutes = buildRouteMap({
  routes: { list: listCommand, fetch: fetchCommand, serve: serveCommand, check: checkCommand },
  docs: { brief: 'Everything that a cluster needs from outside, in a folder, for a site without internet' },
});

function parseListen(text: string): { address: string; port: number } {
  const [, address = '', digits = ''] = /^\[?([^\]]*?)\]?:(\d{1,5})$/.exec(text) ?? [];
  if (address !== '' && Number(digits) < 65_536) return { address, port: Number(digits) };
  throw new ColdstartError('USAGE', `--listen takes ADDRESS:PORT such as 192.168.1.5:3140, not ${text}`);
}
