import { crossProblems } from './cross-checks.ts';
import { type Layer, mergeLayers, pathOf, whereGiven } from './layers.ts';
import { isPlainMap, type PlainMap } from './merge.ts';
import { type ConfigProblem, schemaProblems } from './problems.ts';
import { clusterSchema, type ParsedCluster } from './schema.ts';
import type { Path } from './yaml-file.ts';

/**
 * Merges the layers and checks them against the schema and the rules between settings. The rules are checked even when
 * single settings are wrong, on what is left without those, so that all problems come at once.
 */
export function parseLayers(layers: readonly Layer[]): { parsed?: ParsedCluster; problems: ConfigProblem[] } {
  const merged = mergeLayers(layers);
  // A validator that Zod compiles for itself takes longer to compile than it saves on one file.
  const result = clusterSchema.safeParse(merged, { reportInput: true, jitless: true });
  const broken = result.success ? [] : schemaProblems(result.error);
  const problems = broken.map(({ path, part, message }) => ({
    at: whereGiven(layers, path, part),
    path: path.map(String).join('.'),
    message,
  }));
  const usable = result.success ? result : clusterSchema.safeParse(broken.reduce(without, merged));
  if (!usable.success) return { problems };
  return { parsed: usable.data, problems: [...problems, ...brokenRules(usable.data, layers, problems)] };
}

/** A rule that looks at a setting which is wrong by itself says nothing. */
function brokenRules(
  parsed: ParsedCluster,
  layers: readonly Layer[],
  known: readonly ConfigProblem[],
): ConfigProblem[] {
  return crossProblems(parsed)
    .filter(({ paths }) => !paths.some(path => known.some(problem => overlap(problem.path, path))))
    .map(({ paths, message }) => {
      const places = paths.map(path => whereGiven(layers, pathOf(path)));
      return { at: places.find(place => place !== 'default') ?? 'default', path: paths[0], message };
    });
}

function overlap(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);
}

/** The settings without the one that is wrong. */
function without(settings: PlainMap, { path }: { path: Path }): PlainMap {
  const [first, ...rest] = path.map(String);
  if (first === undefined || !Object.hasOwn(settings, first)) return settings;
  const { [first]: child, ...others } = settings;
  if (rest.length === 0 || !isPlainMap(child)) return others;
  return { ...others, [first]: without(child, { path: rest }) };
}
