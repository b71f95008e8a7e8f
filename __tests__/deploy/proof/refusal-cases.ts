import { deployment, kustomization, NEW, type Edits, type Tree } from './fixtures.js';

const K = 'k8s/kustomization.yaml';

interface Expected {
  code: string;
  place: string;
  /** Parts of message, fix and detail. */
  says: string[];
}
interface Refusal {
  promise: string;
  tree: Tree;
  edits?: Edits;
  problems: Expected[];
  /** Codes without the program, where they are others. */
  structure?: string[];
}

const expecting =
  (code: string) =>
  (place: string, ...says: string[]): Expected => ({ code: `deploy/${code}`, place, says });
const unmatched = expecting('image-unmatched');
const rejected = expecting('kustomize-rejects');
const unproved = expecting('kustomize-unproved');
const UNPROVED = 'deploy/kustomize-unproved';

/** A Kustomization with one resource, and what else there is. */
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
    promise: 'an entry whose name matches nothing is refused with its line and the images that there are',
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
    promise: 'over a base that renames the image, the name has to be the new one',
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
    promise: 'a later entry that overwrites the image is named by what it yields',
    tree: renamed('app.yaml', {}, `${RENAMED}  - {name: ghcr.io/acme/.*, newTag: v9}\n`),
    edits: API_V2,
    problems: [unmatched(`${K}:5`, 'ghcr.io/acme/api:v9')],
  },
  {
    promise: 'a replaced image that is written out elsewhere is refused with the resource',
    tree: renamed('app.yaml, job.yaml', { 'k8s/job.yaml': deployment('ghcr.io/acme/api:v1', 'migrate') }),
    edits: API_V2,
    problems: [
      unmatched(`${K}:5`, 'ghcr.io/acme/api:v1 should become ghcr.io/acme/api:v2', 'is still in Deployment migrate'),
    ],
    structure: [UNPROVED],
  },
  {
    promise: 'a replaced image that another base sets is refused with the line that sets it',
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
    promise: 'a replaced image that another entry is meant to yield is no leftover',
    tree: renamed(
      'app.yaml',
      { 'k8s/app.yaml': `${deployment('api')}---\n${deployment('old', 'old')}` },
      `${RENAMED}  - {name: old, newName: ghcr.io/acme/api, newTag: v1}\n`,
    ),
    edits: API_V2,
    problems: [],
  },
  {
    promise: 'a file that is not there is refused with the line that names it',
    tree: app('resources:\n  - app.yaml\n  - gone.yaml\n'),
    problems: [rejected(`${K}:5`, 'kustomize build k8s fails for k8s/kustomization.yaml', 'gone.yaml')],
  },
  {
    promise: 'a resource that is no YAML is refused with its line',
    tree: app(undefined, { 'k8s/app.yaml': 'kind: Deployment\nmetadata:\n  name: a\n  - b\n' }),
    problems: [rejected(K, 'MalformedYAMLError')],
    structure: [UNPROVED, UNPROVED],
  },
  {
    promise: 'a path that leaves the repository is refused before anything is built',
    tree: app('resources:\n  - app.yaml\n  - ../../elsewhere\n'),
    problems: [rejected(`${K}:5`, '../../elsewhere', 'outside of the repository')],
    structure: [UNPROVED, 'deploy/kustomize-rejects'],
  },
  {
    promise: 'a symbolic link that leaves the repository is refused with its name',
    tree: app('resources: [app.yaml, base]\n', {
      'k8s/base': { link: '../links/out' },
      'links/out': { link: '../../secret' },
    }),
    problems: [rejected(`${K}:3`, 'by way of the symbolic link')],
    structure: [UNPROVED, 'deploy/kustomize-rejects'],
  },
  {
    promise: 'a link that nothing refers to may lead where it likes',
    tree: app(undefined, { 'k8s/far.yaml': { link: '/etc/hosts' } }),
    problems: [],
  },
  {
    promise: 'files outside of the own folder are built without the restriction, and that is said',
    tree: { [K]: kustomization('resources: [../shared/app.yaml]\n'), 'shared/app.yaml': deployment() },
    problems: [expecting('kustomize-unrestricted')(K, 'LoadRestrictionsNone', 'Argo CD')],
    structure: [UNPROVED],
  },
  {
    promise: 'a remote base that can not be had is a warning, and the rest is checked',
    tree: app('resources:\n  - app.yaml\n  - https://127.0.0.1:1/base.yaml\n'),
    problems: [unproved(`${K}:5`, 'needs https://127.0.0.1:1/base.yaml')],
    structure: [UNPROVED],
  },
  {
    promise: 'an image that may come from a remote base is not called missing',
    tree: { [K]: kustomization('resources: ["https://127.0.0.1:1/base.yaml"]\n') },
    problems: [
      unproved(`${K}:3`, "couldn't be built here"),
      unproved(`${K}:5`, 'does not yield', 'Look at the rollout'),
    ],
    structure: [UNPROVED, UNPROVED],
  },
  {
    promise: 'Helm charts are a warning',
    tree: app('resources: [app.yaml]\nhelmCharts: [{name: x, repo: "https://charts.invalid", version: "1"}]\n'),
    problems: [unproved(K, 'needs Helm charts')],
    structure: [UNPROVED],
  },
  {
    promise: 'a plugin such as ksops is a warning',
    tree: app('resources: [app.yaml]\ngenerators: [secrets.yaml]\n', {
      'k8s/secrets.yaml': 'apiVersion: viaduct.ai/v1\nkind: ksops\nmetadata: {name: s}\nfiles: [s.enc.yaml]\n',
    }),
    problems: [unproved(`${K}:4`, 'needs the plugin ksops')],
    structure: [UNPROVED],
  },
  {
    promise: 'a base in a git submodule is a warning',
    tree: app('resources: [app.yaml, ../vendor/base]\n', {
      '.gitmodules': '[submodule "vendor"]\n\tpath = vendor\n\turl = https://git.invalid/vendor\n',
    }),
    problems: [unproved(`${K}:3`, '../vendor/base, which is in a git submodule')],
    structure: [UNPROVED],
  },
  {
    promise: 'a Component that nobody includes is a warning',
    tree: { [K]: PART },
    problems: [unproved(K, 'no Kustomization of the repository includes it')],
    structure: [UNPROVED, UNPROVED],
  },
  {
    promise: 'a Component is judged by what those build that include it',
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
