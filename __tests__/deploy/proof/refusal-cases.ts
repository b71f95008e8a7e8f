import { deployment, kustomization, NEW, type Edits, type Tree } from './fixtures.js';

const K = 'k8s/kustomization.yaml';

interface Expected {
  code: string;
  place: string;
  /** Parts of the message, fix, and detail. */
  says: string[];
}
interface Refusal {
  promise: string;
  tree: Tree;
  edits?: Edits;
  problems: Expected[];
  /** Codes without kustomize, if they differ. */
  structure?: string[];
}

const expecting =
  (code: string) =>
  (place: string, ...says: string[]): Expected => ({ code: `deploy/${code}`, place, says });
const unmatched = expecting('image-unmatched');
const rejected = expecting('kustomize-rejects');
const unproved = expecting('kustomize-unproved');
const UNPROVED = 'deploy/kustomize-unproved';

/** A Kustomization with one resource, and other files. */
const app = (more = 'resources: [app.yaml]\n', rest: Tree = {}): Tree => ({
  [K]: kustomization(more),
  'k8s/app.yaml': deployment(),
  ...rest,
});
const RENAMED = '  - {name: api, newName: ghcr.io/acme/api, newTag: v1}\n';
const API_V2: Edits = { [K]: [{ name: 'api', tag: 'v2' }] };
/** The same with an entry that renames the image. */
const renamed = (resources: string, rest: Tree = {}, images = RENAMED): Tree => ({
  [K]: kustomization(`resources: [${resources}]\n`, images),
  'k8s/app.yaml': deployment('api'),
  ...rest,
});
const PART = `kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\nimages:\n- name: ${NEW.name}\n  newTag: x\n`;

export const REFUSALS: Refusal[] = [
  {
    promise: 'an entry that matches no image',
    tree: app(undefined, { 'k8s/app.yaml': deployment('ghcr.io/acme/apis:v1') }),
    problems: [
      unmatched(
        `${K}:5`,
        'ghcr.io/acme/api:main-1a2b3c4',
        'the images are ghcr.io/acme/apis:v1',
        'Did you mean ghcr.io/acme/apis?',
      ),
    ],
  },
  {
    promise: 'an entry name that the base renames',
    tree: {
      'base/kustomization.yaml':
        'resources: [app.yaml]\nimages:\n- {name: api, newName: ghcr.io/acme/api, newTag: v0}\n',
      'base/app.yaml': deployment('api'),
      [K]: kustomization('resources: [../base]\n', '  - name: api\n    newTag: v1\n'),
    },
    edits: API_V2,
    problems: [
      unmatched(
        `${K}:5`,
        "base/kustomization.yaml:3 already renames api to ghcr.io/acme/api: set the entry's name to ghcr.io/acme/api",
      ),
    ],
  },
  {
    promise: 'an image that a later entry changes',
    tree: renamed('app.yaml', {}, `${RENAMED}  - {name: ghcr.io/acme/.*, newTag: v9}\n`),
    edits: API_V2,
    problems: [unmatched(`${K}:5`, 'ghcr.io/acme/api:v9')],
  },
  {
    promise: 'an old image left in a manifest',
    tree: renamed('app.yaml, job.yaml', { 'k8s/job.yaml': deployment('ghcr.io/acme/api:v1', 'migrate') }),
    edits: API_V2,
    problems: [
      unmatched(`${K}:5`, 'ghcr.io/acme/api:v1 should become ghcr.io/acme/api:v2', 'is still in Deployment migrate'),
    ],
    structure: [UNPROVED],
  },
  {
    promise: 'an old image set by another base',
    tree: renamed('app.yaml, ../jobs', {
      'jobs/kustomization.yaml':
        'resources: [job.yaml]\nimages:\n- {name: job, newName: ghcr.io/acme/api, newTag: v1}\n',
      'jobs/job.yaml': deployment('job', 'migrate'),
    }),
    edits: API_V2,
    problems: [unmatched(`${K}:5`, 'Deployment migrate', 'set at jobs/kustomization.yaml:3')],
    structure: [UNPROVED],
  },
  {
    promise: 'an old image that another entry sets',
    tree: renamed(
      'app.yaml',
      { 'k8s/app.yaml': `${deployment('api')}---\n${deployment('old', 'old')}` },
      `${RENAMED}  - {name: old, newName: ghcr.io/acme/api, newTag: v1}\n`,
    ),
    edits: API_V2,
    problems: [],
  },
  {
    promise: 'a missing resource file',
    tree: app('resources:\n  - app.yaml\n  - gone.yaml\n'),
    problems: [rejected(`${K}:5`, 'kustomize build k8s fails for k8s/kustomization.yaml', 'gone.yaml')],
  },
  {
    promise: 'a resource with invalid YAML',
    tree: app(undefined, { 'k8s/app.yaml': 'kind: Deployment\nmetadata:\n  name: a\n  - b\n' }),
    problems: [rejected(K, 'MalformedYAMLError')],
    structure: [UNPROVED, UNPROVED],
  },
  {
    promise: 'a path outside of the repository',
    tree: app('resources:\n  - app.yaml\n  - ../../elsewhere\n'),
    problems: [rejected(`${K}:5`, '../../elsewhere', 'outside of the repository')],
    structure: [UNPROVED, 'deploy/kustomize-rejects'],
  },
  {
    promise: 'a link out of the repository',
    tree: app('resources: [app.yaml, base]\n', {
      'k8s/base': { link: '../links/out' },
      'links/out': { link: '../../secret' },
    }),
    problems: [rejected(`${K}:3`, 'by way of the symbolic link')],
    structure: [UNPROVED, 'deploy/kustomize-rejects'],
  },
  {
    promise: 'an unused link out of the repository',
    tree: app(undefined, { 'k8s/far.yaml': { link: '/etc/hosts' } }),
    problems: [],
  },
  {
    promise: 'a resource outside of the folder',
    tree: { [K]: kustomization('resources: [../shared/app.yaml]\n'), 'shared/app.yaml': deployment() },
    problems: [expecting('kustomize-unrestricted')(K, 'LoadRestrictionsNone', 'Argo CD')],
    structure: [UNPROVED],
  },
  {
    promise: 'an unreachable remote base',
    tree: app('resources:\n  - app.yaml\n  - https://127.0.0.1:1/base.yaml\n'),
    problems: [unproved(`${K}:5`, 'needs https://127.0.0.1:1/base.yaml')],
    structure: [UNPROVED],
  },
  {
    promise: 'an image only in a remote base',
    tree: { [K]: kustomization('resources: ["https://127.0.0.1:1/base.yaml"]\n') },
    problems: [
      unproved(`${K}:3`, "couldn't be built here"),
      unproved(`${K}:5`, 'does not yield', 'Look at the rollout'),
    ],
    structure: [UNPROVED, UNPROVED],
  },
  {
    promise: 'Helm charts',
    tree: app('resources: [app.yaml]\nhelmCharts: [{name: x, repo: "https://charts.invalid", version: "1"}]\n'),
    problems: [unproved(K, 'needs Helm charts')],
    structure: [UNPROVED],
  },
  {
    promise: 'a plugin such as ksops',
    tree: app('resources: [app.yaml]\ngenerators: [secrets.yaml]\n', {
      'k8s/secrets.yaml': 'apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: {name: s}\nfiles: [s.enc.yaml]\n',
    }),
    problems: [unproved(`${K}:4`, 'needs the plugin ksops')],
    structure: [UNPROVED],
  },
  {
    promise: 'a base in a git submodule',
    tree: app('resources: [app.yaml, ../vendor/base]\n', {
      '.gitmodules': '[submodule "vendor"]\n\tpath = vendor\n\turl = https://git.invalid/vendor\n',
    }),
    problems: [unproved(`${K}:3`, '../vendor/base, which is in a git submodule')],
    structure: [UNPROVED],
  },
  {
    promise: 'a Component that nothing includes',
    tree: { [K]: PART },
    problems: [unproved(K, 'no Kustomization of the repository includes it')],
    structure: [UNPROVED, UNPROVED],
  },
  {
    promise: 'a Component that matches no image',
    tree: {
      'part/kustomization.yaml': PART,
      [K]: 'resources: [app.yaml]\ncomponents: [../part]\n',
      'k8s/app.yaml': deployment('other'),
    },
    edits: { 'part/kustomization.yaml': [NEW] },
    problems: [
      unmatched(
        'part/kustomization.yaml:4',
        'part/kustomization.yaml, as part of k8s/kustomization.yaml:',
        'the images are other',
      ),
    ],
  },
];
