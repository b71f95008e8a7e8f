import { deployment, kustomization, NEW, type Edits, type Tree } from './fixtures.js';

const K = 'k8s/kustomization.yaml';
const RESOURCES = 'resources: [app.yaml]\n';

interface Refusal {
  promise: string;
  tree: Tree;
  edits?: Edits;
  /** `says`: parts of message, fix and detail. */
  problems: { code: string; place?: string | RegExp; says: (string | RegExp)[] }[];
  /** Codes without the program, where they are others. */
  structure?: string[];
}

export const REFUSALS: Refusal[] = [
  {
    promise: 'an entry whose name matches nothing is refused with its line and the images that there are',
    tree: { [K]: kustomization(RESOURCES), 'k8s/app.yaml': deployment('ghcr.io/acme/apis:v1') },
    problems: [
      {
        code: 'deploy/image-unmatched',
        place: `${K}:5`,
        says: [
          'ghcr.io/acme/api:main-1a2b3c4',
          'the images are ghcr.io/acme/apis:v1',
          'Did you mean ghcr.io/acme/apis?',
        ],
      },
    ],
  },
  {
    promise: 'over a base that renames the image, the name has to be the new one',
    tree: {
      'base/kustomization.yaml':
        'resources: [app.yaml]\nimages:\n- {name: api, newName: ghcr.io/acme/api, newTag: v0}\n',
      'base/app.yaml': deployment('api'),
      [K]: kustomization('resources: [../base]\n', '  - name: api\n    newTag: v1\n'),
    },
    edits: { [K]: [{ name: 'api', tag: 'v2' }] },
    problems: [
      {
        code: 'deploy/image-unmatched',
        place: `${K}:5`,
        says: [
          "base/kustomization.yaml:3 already renames api to ghcr.io/acme/api: set the entry's name to ghcr.io/acme/api",
        ],
      },
    ],
  },
  {
    promise: 'a later entry that overwrites the image is named by what it yields',
    tree: {
      [K]: kustomization(
        RESOURCES,
        '  - {name: api, newName: ghcr.io/acme/api, newTag: v1}\n  - {name: ghcr.io/acme/.*, newTag: v9}\n',
      ),
      'k8s/app.yaml': deployment('api'),
    },
    edits: { [K]: [{ name: 'api', tag: 'v2' }] },
    problems: [{ code: 'deploy/image-unmatched', place: `${K}:5`, says: ['ghcr.io/acme/api:v9'] }],
  },
  {
    promise: 'a replaced image that is written out elsewhere is refused with the resource',
    tree: {
      [K]: kustomization(
        'resources: [app.yaml, job.yaml]\n',
        '  - {name: api, newName: ghcr.io/acme/api, newTag: v1}\n',
      ),
      'k8s/app.yaml': deployment('api'),
      'k8s/job.yaml': deployment('ghcr.io/acme/api:v1', 'migrate'),
    },
    edits: { [K]: [{ name: 'api', tag: 'v2' }] },
    problems: [
      {
        code: 'deploy/image-unmatched',
        place: `${K}:5`,
        says: ['ghcr.io/acme/api:v1 should become ghcr.io/acme/api:v2', 'is still in Deployment migrate'],
      },
    ],
    structure: ['deploy/kustomize-unproved'],
  },
  {
    promise: 'a replaced image that another base sets is refused with the line that sets it',
    tree: {
      [K]: kustomization(
        'resources: [app.yaml, ../jobs]\n',
        '  - {name: api, newName: ghcr.io/acme/api, newTag: v1}\n',
      ),
      'k8s/app.yaml': deployment('api'),
      'jobs/kustomization.yaml':
        'resources: [job.yaml]\nimages:\n- {name: job, newName: ghcr.io/acme/api, newTag: v1}\n',
      'jobs/job.yaml': deployment('job', 'migrate'),
    },
    edits: { [K]: [{ name: 'api', tag: 'v2' }] },
    problems: [
      {
        code: 'deploy/image-unmatched',
        place: `${K}:5`,
        says: ['Deployment migrate', 'set at jobs/kustomization.yaml:3'],
      },
    ],
    structure: ['deploy/kustomize-unproved'],
  },
  {
    promise: 'a replaced image that another entry is meant to yield is no leftover',
    tree: {
      [K]: kustomization(
        RESOURCES,
        '  - {name: api, newName: ghcr.io/acme/api, newTag: v1}\n  - {name: old, newName: ghcr.io/acme/api, newTag: v1}\n',
      ),
      'k8s/app.yaml': `${deployment('api')}---\n${deployment('old', 'old')}`,
    },
    edits: { [K]: [{ name: 'api', tag: 'v2' }] },
    problems: [],
  },
  {
    promise: 'a file that is not there is refused with the line that names it',
    tree: { [K]: kustomization('resources:\n  - app.yaml\n  - gone.yaml\n'), 'k8s/app.yaml': deployment() },
    problems: [
      {
        code: 'deploy/kustomize-rejects',
        place: `${K}:5`,
        says: ['kustomize build k8s fails for k8s/kustomization.yaml', 'gone.yaml'],
      },
    ],
  },
  {
    promise: 'a resource that is no YAML is refused with its line',
    tree: {
      [K]: kustomization(RESOURCES),
      'k8s/app.yaml': 'kind: Deployment\nmetadata:\n  name: a\n  - b\n',
    },
    problems: [
      {
        code: 'deploy/kustomize-rejects',
        place: K,
        says: ['MalformedYAMLError'],
      },
    ],
    structure: ['deploy/kustomize-unproved', 'deploy/kustomize-unproved'],
  },
  {
    promise: 'a path that leaves the repository is refused before anything is built',
    tree: {
      [K]: kustomization('resources:\n  - app.yaml\n  - ../../elsewhere\n'),
      'k8s/app.yaml': deployment(),
    },
    problems: [
      {
        code: 'deploy/kustomize-rejects',
        place: `${K}:5`,
        says: ['../../elsewhere', 'outside of the repository'],
      },
    ],
    structure: ['deploy/kustomize-unproved', 'deploy/kustomize-rejects'],
  },
  {
    promise: 'a symbolic link that leaves the repository is refused with its name',
    tree: {
      [K]: kustomization('resources: [app.yaml, base]\n'),
      'k8s/app.yaml': deployment(),
      'k8s/base': { link: '../links/out' },
      'links/out': { link: '../../secret' },
    },
    problems: [{ code: 'deploy/kustomize-rejects', place: `${K}:3`, says: ['by way of the symbolic link'] }],
    structure: ['deploy/kustomize-unproved', 'deploy/kustomize-rejects'],
  },
  {
    promise: 'a link that nothing refers to may lead where it likes',
    tree: {
      [K]: kustomization(RESOURCES),
      'k8s/app.yaml': deployment(),
      'k8s/far.yaml': { link: '/etc/hosts' },
    },
    problems: [],
  },
  {
    promise: 'files outside of the own folder are built without the restriction, and that is said',
    tree: { [K]: kustomization('resources: [../shared/app.yaml]\n'), 'shared/app.yaml': deployment() },
    problems: [{ code: 'deploy/kustomize-unrestricted', place: K, says: ['LoadRestrictionsNone', 'Argo CD'] }],
    structure: ['deploy/kustomize-unproved'],
  },
  {
    promise: 'a remote base that can not be had is a warning, and the rest is checked',
    tree: {
      [K]: kustomization('resources:\n  - app.yaml\n  - https://127.0.0.1:1/base.yaml\n'),
      'k8s/app.yaml': deployment(),
    },
    problems: [{ code: 'deploy/kustomize-unproved', place: `${K}:5`, says: ['needs https://127.0.0.1:1/base.yaml'] }],
    structure: ['deploy/kustomize-unproved'],
  },
  {
    promise: 'an image that may come from a remote base is not called missing',
    tree: { [K]: kustomization('resources: ["https://127.0.0.1:1/base.yaml"]\n') },
    problems: [
      { code: 'deploy/kustomize-unproved', place: `${K}:3`, says: ["couldn't be built here"] },
      { code: 'deploy/kustomize-unproved', place: `${K}:5`, says: ['does not yield', 'Look at the rollout'] },
    ],
    structure: ['deploy/kustomize-unproved', 'deploy/kustomize-unproved'],
  },
  {
    promise: 'Helm charts are a warning',
    tree: {
      [K]: kustomization(`${RESOURCES}helmCharts: [{name: x, repo: "https://charts.invalid", version: "1"}]\n`),
      'k8s/app.yaml': deployment(),
    },
    problems: [{ code: 'deploy/kustomize-unproved', place: K, says: ['needs Helm charts'] }],
    structure: ['deploy/kustomize-unproved'],
  },
  {
    promise: 'a plugin such as ksops is a warning',
    tree: {
      [K]: kustomization(`${RESOURCES}generators: [secrets.yaml]\n`),
      'k8s/app.yaml': deployment(),
      'k8s/secrets.yaml': 'apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: {name: s}\nfiles: [s.enc.yaml]\n',
    },
    problems: [{ code: 'deploy/kustomize-unproved', place: `${K}:4`, says: ['needs the plugin ksops'] }],
    structure: ['deploy/kustomize-unproved'],
  },
  {
    promise: 'a base in a git submodule is a warning',
    tree: {
      [K]: kustomization('resources: [app.yaml, ../vendor/base]\n'),
      'k8s/app.yaml': deployment(),
      '.gitmodules': '[submodule "vendor"]\n\tpath = vendor\n\turl = https://git.invalid/vendor\n',
    },
    problems: [
      {
        code: 'deploy/kustomize-unproved',
        place: `${K}:3`,
        says: ['../vendor/base, which is in a git submodule'],
      },
    ],
    structure: ['deploy/kustomize-unproved'],
  },
  {
    promise: 'a Component that nobody includes is a warning',
    tree: {
      [K]: `kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\nimages:\n- name: ${NEW.name}\n  newTag: x\n`,
    },
    problems: [
      {
        code: 'deploy/kustomize-unproved',
        place: K,
        says: ['no Kustomization of the repository includes it'],
      },
    ],
    structure: ['deploy/kustomize-unproved', 'deploy/kustomize-unproved'],
  },
  {
    promise: 'a Component is judged by what those build that include it',
    tree: {
      'part/kustomization.yaml': `kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\nimages:\n- name: ${NEW.name}\n  newTag: x\n`,
      [K]: 'resources: [app.yaml]\ncomponents: [../part]\n',
      'k8s/app.yaml': deployment('other'),
    },
    edits: { 'part/kustomization.yaml': [NEW] },
    problems: [
      {
        code: 'deploy/image-unmatched',
        place: 'part/kustomization.yaml:4',
        says: ['part/kustomization.yaml, as part of k8s/kustomization.yaml:', 'the images are other'],
      },
    ],
  },
];
