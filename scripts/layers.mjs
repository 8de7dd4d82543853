// Checks who imports whom, and that the check can fail: a canary breaks every rule.
import { cruise } from 'dependency-cruiser';
import config from '../.dependency-cruiser.mjs';

const fewestModules = 80;

const real = await look('src');
const problems = real.violations.map(({ rule, from, to }) => `${rule.name}: ${from} imports ${to}`);
if (real.modules < fewestModules)
  problems.push(`only ${real.modules} modules were looked at: is src/ still found?`);

const caught = new Set((await look('test/canary/src')).violations.map(({ rule }) => rule.name));
for (const { name } of config.forbidden) {
  if (!caught.has(name)) problems.push(`the canary breaks ${name}, and nobody noticed`);
}
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`layers: ${real.modules} modules keep ${config.forbidden.length} rules`);

async function look(folder) {
  const { output } = await cruise([folder], {
    validate: true,
    ruleSet: { forbidden: config.forbidden },
    ...config.options,
    doNotFollow: 'node_modules',
    exclude: '\\.test\\.ts$',
  });
  return {
    modules: output.modules.filter(({ source }) => source.startsWith(folder)).length,
    violations: output.summary.violations,
  };
}
