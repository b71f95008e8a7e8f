import { defineConfig } from 'oxlint';
// Not `oxlint.config.ts`, which oxlint would find by itself: Node.js loads that only from 22.18.

/**
 * Folders in the order of the data flow. A folder may import from earlier ones, never from later ones; folders with
 * effects share only types. `github` is a client for those that need one.
 */
const FLOW = [
  ...['config', 'dockerfile', 'facts', 'fingerprint', 'plan', 'preflight', 'kubernetes', 'github'],
  ...['builders', 'registry', 'deploy', 'live', 'cleanup', 'templates', 'init', 'report'],
];
/** Pure files of folders that act on the world: anyone may import them. */
const PURE_IN = {
  kubernetes: ['rights.js', 'kubectl-problems.js', 'pod-state.js'],
  registry: ['attestations.js'],
  deploy: ['kustomization/match.js', 'overrides/read-overrides.js', 'status/status.js'],
};
const EFFECTFUL = ['facts', 'fingerprint', 'kubernetes', 'builders', 'registry', 'deploy', 'live', 'cleanup'];
const ROOTS = [
  'release',
  'recorded-run',
  'dependencies',
  'merge-platforms',
  'deployments',
  'cleanup',
  'deployment-channels',
  'await-running',
  'app/.*',
  'action',
  'leftovers',
  'post',
  'actions-cache',
  'cli',
];

const inFolder = (folder) => `^\\.\\.?/(.*/)?${folder}/`;
const isRoot = `^(\\.\\./)+(${ROOTS.join('|')})\\.js$`;

function flowRules(folder) {
  const later = FLOW.slice(FLOW.indexOf(folder) + 1);
  const sideways = EFFECTFUL.includes(folder)
    ? EFFECTFUL.filter((other) => other !== folder && !later.includes(other))
    : [];
  return [
    {
      regex: isRoot,
      message: 'Only an entry point composes; pass what is needed as a parameter.',
    },
    ...later.map((other) => ({
      regex: inFolder(other),
      message: `${folder}/ comes before ${other}/ in the flow of a release and must not know it.`,
    })),
    ...sideways.map((other) => ({
      group: [`**/${other}/**`, ...(PURE_IN[other] ?? []).map((file) => `!**/${other}/${file}`)],
      allowTypeImports: true,
      message: `${folder}/ and ${other}/ both act on the world: share types only, take a port as a parameter.`,
    })),
  ];
}

const IMPURE = [
  {
    regex: '^(node:)?(fs|fs/promises|child_process|http|https|net|os|process|worker_threads)$',
    message: 'This module decides; it does no I/O. Probe in facts/ and pass the data.',
  },
  {
    group: ['@actions/**', '!@actions/expressions', '!@actions/expressions/**'],
    message: 'This module decides; it knows no runner.',
  },
];

const PURE = {
  files: [
    'src/dockerfile/**/*.ts',
    'src/fingerprint/{collect,compare,fingerprint,fold,names,record}.ts',
    'src/builders/context/tar-header.ts',
    'src/plan/**/*.ts',
    'src/preflight/**/*.ts',
    'src/report/**/*.ts',
    'src/config/schema*.ts',
    'src/config/load.ts',
    'src/config/bake-*.ts',
    'src/kubernetes/{kubectl-problems,pod,pod-endings,pod-state,rights}.ts',
    'src/github/failures.ts',
    'src/builders/{builder-choice,progress-lines}.ts',
    'src/builders/choice/**/*.ts',
    'src/builders/buildx/{bake-definition,buildx-builder,drivers,failure*,progress,progress-stream,retries}.ts',
    'src/builders/buildx/cache/{mounts,mount-stages}.ts',
    'src/builders/kaniko/{arguments,build,dockerfile-rewrite,executor-log,failure,pod-manifest,targets,unsupported,unsupported-instructions}.ts',
    'src/builders/dispatch/{inputs,job-log,run-progress,run-result,workflow}.ts',
    'src/registry/attestations/{documents,provenance,tar-files}.ts',
    'src/registry/baseline/materials.ts',
    'src/registry/moving-tags/{order,versions}.ts',
    'src/registry/multi-platform/platform-manifests.ts',
    'src/deploy/kustomization/**/*.ts',
    'src/deploy/proof/*.ts',
    'src/deploy/overrides/**/*.ts',
    'src/deploy/deploy-edits.ts',
    'src/deploy/commit-message.ts',
    'src/deploy/order.ts',
    'src/deploy/rollout/*.ts',
    'src/deploy/ledger/**/*.ts',
    'src/deploy/status/{status,rollback}.ts',
    'src/deploy/proposals/pull-request-text.ts',
    'src/live/*.ts',
    'src/cleanup/{decide,version}.ts',
    'src/init/*.ts',
  ],
  except: [
    'src/deploy/proof/{kustomize,prove,read-closures}.ts',
    'src/deploy/rollout/driver.ts',
    'src/live/read-cluster.ts',
    'src/init/read-repository.ts',
  ],
};

const UNSAFE = ['argument', 'assignment', 'call', 'member-access', 'return'].map(
  (what) => `typescript/no-unsafe-${what}`,
);

const restrict = (patterns) => ({ 'no-restricted-imports': ['error', { patterns }] });

const on = (rules) => Object.fromEntries(rules.map((rule) => [rule, 'error']));
const off = (rules) => Object.fromEntries(rules.map((rule) => [rule, 'off']));

export default defineConfig({
  options: { typeAware: true, reportUnusedDisableDirectives: 'error' },
  ignorePatterns: ['dist/**', 'examples/**', '**/*.js'],
  plugins: ['typescript'],
  categories: { correctness: 'error' },
  rules: {
    ...on([
      'eqeqeq',
      ...['no-array-constructor', 'no-var', 'prefer-const', 'prefer-rest-params', 'prefer-spread'],
      'typescript/ban-ts-comment',
      'typescript/consistent-type-imports',
      'typescript/no-empty-object-type',
      'typescript/no-explicit-any',
      'typescript/no-misused-promises',
      'typescript/no-namespace',
      'typescript/no-require-imports',
      'typescript/no-unnecessary-type-assertion',
      'typescript/no-unnecessary-type-constraint',
      'typescript/no-unsafe-enum-comparison',
      'typescript/no-unsafe-function-type',
      ...UNSAFE,
      'typescript/only-throw-error',
      'typescript/prefer-promise-reject-errors',
      'typescript/restrict-plus-operands',
    ]),
    ...off([
      'no-control-regex',
      // Strings are taken apart by code points, and sorted by UTF-16 units, as git and Go do.
      'typescript/no-misused-spread',
      'typescript/require-array-sort-compare',
      // Ports are records of functions that use no `this`.
      'typescript/unbound-method',
    ]),
    'max-lines': ['error', { max: 300, skipBlankLines: true }],
    'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    'typescript/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  },
  overrides: [
    ...FLOW.map((folder) => ({
      files: [`src/${folder}/**/*.ts`],
      rules: {
        ...restrict(flowRules(folder)),
        'no-restricted-properties': [
          'error',
          { object: 'process', property: 'env', message: 'Only action.ts and cli.ts read the environment.' },
          { object: 'process', property: 'argv', message: 'Only action.ts and cli.ts read the arguments.' },
        ],
      },
    })),
    ...FLOW.map((folder) => ({
      files: PURE.files.filter((pattern) => pattern.startsWith(`src/${folder}/`)),
      excludeFiles: PURE.except,
      rules: restrict([...flowRules(folder), ...IMPURE]),
    })).filter(({ files }) => files.length > 0),
    {
      files: ['src/lib/**/*.ts'],
      rules: restrict([
        { regex: inFolder(`(${FLOW.join('|')})`), message: 'lib/ knows no domain words.' },
        { regex: isRoot, message: 'lib/ knows no domain words.' },
      ]),
    },
    {
      files: ['**/*.mjs', '{__tests__,lab,testing,scripts}/**/*.ts'],
      rules: off(UNSAFE),
    },
    {
      files: ['__tests__/**/*.test.ts', 'testing/**/*.ts'],
      excludeFiles: ['**/*.lab.test.ts'],
      rules: restrict([
        {
          regex: inFolder('lab'),
          message: 'This runs without root, network and Docker. Name a test that uses the lab `….lab.test.ts`.',
        },
      ]),
    },
  ],
});
