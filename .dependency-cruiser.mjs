// Who may import whom. scripts/layers.mjs runs this, and a canary that breaks every rule.
const within = (...folders) => `^(test/canary/)?src/(${folders.join('|')})(/|\\.ts$)`;
const outside = (...folders) => `^(test/canary/)?src/(?!(${folders.join('|')})(/|\\.ts$))`;

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    rule(
      'net-knows-no-servers',
      'connections, proxies and downloads, whoever is asked',
      within('net'),
      outside('net', 'core'),
    ),
    rule('core-stands-alone', 'core imports nothing of ours', within('core'), outside('core')),
    rule(
      'shapes-are-pure',
      'shapes, states, events and the fold import nothing but core',
      '^(test/canary/)?src/(maas/(wire|status)|journal/(events|fold))\\.ts$',
      '^(test/canary/)?src/(?!core/|maas/(wire|status)\\.ts$|journal/(events|fold)\\.ts$)',
    ),
    rule(
      'plan-is-pure',
      'the planner sees settings and types',
      within('plan'),
      outside(
        'plan',
        'addons',
        'config/schema',
        'core',
        'maas/machine',
        'maas/status',
        'cluster/kubernetes-api',
      ),
    ),
    withoutNode('plan-without-node', 'the planner and the engine ask nobody', within('plan', 'engine')),
    rule(
      'steps-ask-ports',
      'steps and checks reach the world through ports only',
      within('steps', 'checks'),
      outside(
        'steps',
        'checks',
        'plan',
        'addons',
        'engine/step',
        'config/schema',
        'core',
        'journal/events',
        'maas/machine',
        'cluster/kubernetes-api',
      ),
    ),
    withoutNode('steps-without-node', 'steps and checks do no I/O', within('steps', 'checks')),
    rule(
      'engine-knows-no-steps',
      'the engine is given the steps as values',
      within('engine'),
      outside('engine', 'journal', 'core'),
    ),
    rule(
      'addons-are-data',
      'add-ons are described, not installed, in their folder',
      within('addons'),
      outside('addons', 'core', 'config/(addresses|fields)'),
    ),
    withoutNode('addons-without-node', 'add-ons do no I/O', within('addons')),
    rule(
      'helm-knows-charts-only',
      'Helm is started, and knows nothing of machines',
      within('helm'),
      outside('helm', 'addons', 'core'),
    ),
    rule(
      'mirror-knows-no-machines',
      'a mirror is made of settings, charts, packages and images; machines and labs are not its business',
      within('mirror'),
      outside(
        'mirror',
        'addons',
        'cluster/kubernetes-version',
        'config/schema',
        'helm',
        'core',
        'net',
        'state',
      ),
    ),
    rule(
      'worlds-apart',
      'Ansible and the cluster never import each other or MAAS',
      within('ansible', 'cluster'),
      within('maas'),
    ),
    rule(
      'ansible-knows-no-cluster',
      'Ansible and the cluster never import each other',
      within('ansible'),
      within('cluster'),
    ),
    rule(
      'cluster-knows-no-ansible',
      'Ansible and the cluster never import each other',
      within('cluster'),
      within('ansible'),
    ),
    rule(
      'lab-writes-behaviour-twice',
      'a bug that the lab shared with the client could hide itself',
      within('lab'),
      '^(test/canary/)?src/(maas/(?!(wire|status)\\.ts$)|cli|site|steps|engine|plan|compose)',
    ),
    rule(
      'history-reads-journals',
      'what is remembered follows from journals alone',
      within('history'),
      outside('history', 'journal', 'state', 'core'),
    ),
    rule(
      'views-read-journals',
      'views draw what the journal says',
      within('render', 'report', 'server'),
      within(
        'cli',
        'compose',
        'site',
        'ansible',
        'cluster/(?!kubernetes-api)',
        'maas/client',
        'lab',
        'engine',
      ),
    ),
    rule('nobody-imports-the-cli', 'commands are the outermost layer', outside('cli', 'main'), within('cli')),
    {
      name: 'no-cycles',
      comment: 'types may refer to each other, and commands are loaded when they are asked for',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only', 'dynamic-import'] } },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.test\\.ts$' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.mjs', '.json'] },
  },
};

/** A rule that holds for every import, also of types alone. */
function rule(name, comment, from, to) {
  return { name, comment, severity: 'error', from: { path: from }, to: { path: to } };
}

/** Modules of Node itself are out of bounds. */
function withoutNode(name, comment, from) {
  return { name, comment, severity: 'error', from: { path: from }, to: { dependencyTypes: ['core'] } };
}
