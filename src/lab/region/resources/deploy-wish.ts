import { invalid } from '../http/errors.ts';
import type { Params } from '../http/params.ts';
import type { DeployWish } from '../lifecycle/deploy.ts';
import { isImage, listedSeries } from '../state/images.ts';
import type { World } from '../state/world.ts';

/** What `op=deploy` asks for. Without a series the configured one is meant; `osystem=` is not read. */
export function deployWish(world: World, form: Params): DeployWish {
  const [osystem = '', distroSeries = ''] = imageOf(world, form.one('distro_series')).split('/');
  return {
    osystem,
    distroSeries,
    hweKernel: form.one('hwe_kernel') || defaultKernel(osystem, distroSeries),
    userData: form.one('user_data'),
    ephemeral: form.bool('ephemeral_deploy'),
    enableHwSync: form.bool('enable_hw_sync'),
    comment: form.one('comment'),
  };
}

function imageOf(world: World, wanted: string | undefined): string {
  if (!wanted) {
    const series = world.config.get('default_distro_series')?.value as string | undefined;
    const byDefault =
      world.driver.images.find(image => image.split('/')[1] === series) ?? world.driver.images[0];
    return byDefault ?? '';
  }
  const image = world.driver.images.find(known => isImage(known, wanted));
  if (image) return image;
  const choices = ['', ...listedSeries(world)].map(choice => `'${choice}'`).join(', ');
  throw invalid({
    distro_series: `'${wanted}' is not a valid distro_series.  It should be one of: ${choices}.`,
  });
}

const ubuntuVersions: Record<string, string> = {
  bionic: '18.04',
  focal: '20.04',
  jammy: '22.04',
  noble: '24.04',
};

function defaultKernel(osystem: string, series: string): string {
  return osystem === 'ubuntu' && ubuntuVersions[series] ? `ga-${ubuntuVersions[series]}` : '';
}
