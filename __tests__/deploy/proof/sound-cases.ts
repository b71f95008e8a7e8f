import { deployment, kustomization, NEW, type Edits, type Tree } from './fixtures.js';

const K = 'k8s/kustomization.yaml';
const ENTRY = '  - name: ghcr.io/acme/api\n    newTag: main-0000000\n';
const DIGEST = `sha256:${'a'.repeat(64)}`;
const RESOURCES = 'resources: [app.yaml]\n';

function workload(kind: string, apiVersion: string, spec: object, name = 'api'): string {
  return JSON.stringify({ apiVersion, kind, metadata: { name }, spec });
}

const podOf = (image: string) => ({ containers: [{ name: 'main', image }] });
const KINDS = [
  { image: 'acme/deployment', resource: deployment('acme/deployment', 'a') },
  {
    image: 'acme/init',
    resource: workload('StatefulSet', 'apps/v1', {
      template: { spec: { initContainers: podOf('acme/init').containers, containers: [] } },
    }),
  },
  {
    image: 'acme/cron',
    resource: workload('CronJob', 'batch/v1', {
      jobTemplate: { spec: { template: { spec: podOf('acme/cron') } } },
    }),
  },
  {
    image: 'acme/listed',
    resource: JSON.stringify({
      apiVersion: 'v1',
      kind: 'List',
      items: [JSON.parse(workload('Pod', 'v1', podOf('acme/listed')))],
    }),
  },
  {
    image: 'acme/custom',
    resource: workload('Rollout', 'argoproj.io/v1alpha1', { deep: { template: podOf('acme/custom') } }),
  },
];

type Case = [what: string, tree: Tree, edits?: Edits];
const OLD_DIGEST = `sha256:${'0'.repeat(64)}`;

/** Cases with one entry, and one resource with this image. */
const ENTRIES = (
  [
    ['an entry with newName', 'api:dev', 'newName: ghcr.io/acme/api\n    newTag: "1"', { tag: 'main-1a2b3c4' }],
    ['an entry with a digest', 'api:dev', `digest: ${OLD_DIGEST}`, { digest: DIGEST }],
    ["an entry with Renovate's tag@digest", 'api', `newTag: "1@${OLD_DIGEST}"`, { tag: '2', digest: DIGEST }],
    ['an entry with a tag and a digest', 'api', `newTag: "1"\n    digest: ${OLD_DIGEST}`, { tag: '2', digest: DIGEST }],
    ['an entry whose name has a tag', 'acme/demo:blue', 'newTag: v1', { tag: 'green' }],
  ] as const
).map(([what, image, fields, edit]): Case => {
  const name = image.replace(':dev', '');
  const tree = {
    [K]: kustomization(RESOURCES, `  - name: ${name}\n    ${fields}\n`),
    'k8s/app.yaml': deployment(image),
  };
  return [what, tree, { [K]: [{ name, ...edit }] }];
});

const cases: Case[] = [
  [
    'workloads of several kinds',
    {
      [K]: kustomization(
        'resources: [all.yaml]\n',
        KINDS.map(({ image }) => `  - name: ${image}\n    newTag: v0\n`).join(''),
      ),
      'k8s/all.yaml': KINDS.map(({ resource }) => resource).join('\n---\n'),
    },
    { [K]: KINDS.map(({ image }) => ({ name: image, tag: 'v1' })) },
  ],
  [
    'an overlay over an overlay',
    {
      'base/kustomization.yaml': 'resources: [app.yaml]\nimages: [{name: api, newName: ghcr.io/acme/api}]\n',
      'base/app.yaml': deployment('api'),
      'middle/kustomization.yaml': 'resources: [../base]\nnamePrefix: x-\n',
      [K]: kustomization('resources: [../middle]\n'),
    },
  ],
  ['the legacy imageTags list', { [K]: `${RESOURCES}imageTags:\n${ENTRY}`, 'k8s/app.yaml': deployment() }],
  ...ENTRIES,
  [
    'an image field from `configurations`',
    {
      [K]: kustomization(`${RESOURCES}configurations: [config/images.yaml]\n`),
      'k8s/config/images.yaml': 'images: [{path: spec/runner/image, kind: Tool}]\n',
      'k8s/app.yaml': workload('Tool', 'acme.io/v1', { runner: { image: 'ghcr.io/acme/api' } }),
    },
  ],
  [
    'a patch that sets the image',
    {
      [K]: kustomization(`${RESOURCES}patches: [{path: patch.yaml}]\n`),
      'k8s/app.yaml': deployment('placeholder'),
      'k8s/patch.yaml': deployment('ghcr.io/acme/api'),
    },
  ],
  [
    'a Kustomization of another file name',
    {
      'k8s/kustomization.yaml': 'resources: [missing.yaml]\n',
      'k8s/kustomization-prod.yml': kustomization(RESOURCES),
      'k8s/app.yaml': deployment(),
    },
    { 'k8s/kustomization-prod.yml': [NEW] },
  ],
  [
    'a Component of another Kustomization',
    {
      'components/images/kustomization.yaml': `apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nimages:\n${ENTRY}`,
      'components/all/kustomization.yaml':
        'apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\ncomponents: [../images]\n',
      'k8s/kustomization.yaml': 'resources: [app.yaml]\ncomponents: [../components/all]\n',
      'k8s/app.yaml': deployment(),
    },
    { 'components/images/kustomization.yaml': [NEW] },
  ],
  [
    'a base behind a symbolic link',
    {
      [K]: kustomization('resources: [base]\n'),
      'k8s/base': { link: '../shared/base' },
      'shared/base/kustomization.yaml': 'resources: [app.yaml]\n',
      'shared/base/app.yaml': { link: 'files/app.yaml' },
      'shared/base/files/app.yaml': deployment(),
    },
  ],
  [
    'a generator, transformer, and patch',
    {
      [K]: kustomization(
        [
          'resources: [app.yaml]',
          'configMapGenerator:',
          '  - name: config',
          '    files: [application.properties=config/app.props, config/no-key.txt]',
          '    envs: [../.env.defaults]',
          'transformers: [transformer.yaml]',
          'patches:',
          '  - target: {kind: Deployment}',
          '    patch: |-',
          '      - {op: add, path: /metadata/labels, value: {a: b}}',
          '',
        ].join('\n'),
      ).replace('../.env.defaults', 'defaults.env'),
      'k8s/app.yaml': deployment(),
      'k8s/config/app.props': 'a=1\n',
      'k8s/config/no-key.txt': 'x\n',
      'k8s/defaults.env': 'A=1\n',
      'k8s/transformer.yaml':
        'apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: t}\npath: patches/label.txt\ntarget: {kind: Deployment}\n',
      'k8s/patches/label.txt': '- {op: add, path: /metadata/labels/c, value: d}\n',
    },
  ],
];

/** Edits that take effect. */
export const SOUND = cases.map(([what, tree, edits = { [K]: [NEW] }]) => ({ what, tree, edits }));
