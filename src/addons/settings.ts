import * as z from 'zod';
import { labelField, pathField, urlField, urlOrPathField } from '../config/fields.ts';
import { catalogue } from './catalogue/index.ts';
import { dashboardField } from './dashboards.ts';
import { type Addon, capabilities, type PlainTree } from './definition.ts';

/** Values of a chart are the chart's own: whatever it knows. */
const valuesField = z.record(z.string(), z.unknown()).default({});

const chartVersion = z
  .string()
  .regex(/^v?\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?$/, 'must be an exact version such as 1.2.3');

const chartField = z
  .strictObject({
    repository: urlField.optional().describe('Chart repository: https://charts.example.org'),
    oci: z
      .string()
      .regex(/^oci:\/\/[a-z0-9][\w./:-]*$/, 'must begin with oci:// and have no tag')
      .optional()
      .describe('Chart in a registry: oci://registry.example.org/charts/web'),
    path: pathField.optional().describe('Folder or archive of the chart on this computer.'),
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]*$/, 'must be the name of a chart')
      .optional()
      .describe('Name of the chart in the repository.'),
    version: chartVersion.optional().describe('Exact version; not with path.'),
  })
  .superRefine((chart, ctx) => {
    for (const message of chartProblems(chart)) ctx.addIssue({ code: 'custom', message });
  });

/** A chart or manifests of the user's own. */
export const customAddon = z
  .strictObject({
    chart: chartField.optional().describe('A Helm chart.'),
    manifests: z.array(urlOrPathField).min(1).optional().describe('URLs and files of manifests.'),
    namespace: labelField.default('default').describe('Namespace of what does not name one itself.'),
    values: valuesField.describe('Values of the chart.'),
    needs: z.array(labelField).default([]).describe('Add-ons that must be ready before this one begins.'),
    provides: z
      .array(z.enum(capabilities))
      .default([])
      .describe('What other add-ons can count on when it is there.'),
    dashboards: z.array(dashboardField).default([]).describe('Pages that coldstart open NAME leads to.'),
    losesData: z
      .string()
      .optional()
      .describe('What is lost when it is removed; you are asked before that happens.'),
  })
  .superRefine((addon, ctx) => {
    if ((addon.chart === undefined) === (addon.manifests === undefined))
      ctx.addIssue({ code: 'custom', message: 'needs either chart or manifests' });
    if (addon.manifests !== undefined && Object.keys(addon.values).length > 0)
      ctx.addIssue({ code: 'custom', path: ['values'], message: 'belong to a chart: manifests have none' });
  });

export type CustomAddon = z.output<typeof customAddon>;

/** What the section `addons` holds after parsing: each add-on's settings, defaults in. */
export type AddonsSection = Record<string, PlainTree | undefined>;

/** The section `addons` of cluster.yaml: add-ons of the catalogue by name, and any others with chart or manifests. */
export const addonsSection = z
  .strictObject(Object.fromEntries(catalogue.map(addon => [addon.name, entryOf(addon)])))
  .catchall(customAddon) as unknown as z.ZodType<AddonsSection, Record<string, unknown>>;

/** `true` is an add-on with nothing but defaults. */
function entryOf(addon: Addon) {
  const settings =
    addon.source.kind === 'chart'
      ? addon.settings.safeExtend({
          version: chartVersion.optional().describe("Version of the chart, instead of the catalogue's."),
          values: valuesField.describe("More values of the chart, merged deep over coldstart's."),
        })
      : addon.settings;
  return z
    .preprocess(value => (value === true ? {} : value), settings)
    .optional()
    .describe(`${addon.title}.`);
}

function chartProblems(chart: {
  repository?: string | undefined;
  oci?: string | undefined;
  path?: string | undefined;
  name?: string | undefined;
  version?: string | undefined;
}): string[] {
  const { repository, oci, path, name, version } = chart;
  if ([repository, oci, path].filter(source => source !== undefined).length !== 1)
    return ['needs exactly one of repository, oci and path'];
  if (repository !== undefined && (name === undefined || version === undefined))
    return ['needs name and version of the chart in the repository'];
  if (oci !== undefined && version === undefined) return ['needs the version of the chart'];
  if (repository === undefined && name !== undefined) return ['takes a name only with a repository'];
  return path !== undefined && version !== undefined ? ['takes no version with a path'] : [];
}
