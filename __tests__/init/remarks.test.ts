import { parse } from 'yaml';
import { readWorkflows } from '../../src/init/workflows/read-workflows.js';
import { propose } from '../../src/init/propose.js';
import { application } from './deploy-cases.js';
import { copying, deployments, kustomization, repositoryOf } from './repositories.js';

function proposalFor(files: Record<string, string>) {
  const repository = repositoryOf(files, 'acme/shop');
  return propose(repository, readWorkflows(repository));
}

const SHOP = { Dockerfile: copying('.'), a: '' };
const DEPLOYED = {
  ...SHOP,
  'k8s/kustomization.yaml': kustomization('all.yaml', 'images:', '  - { name: ghcr.io/acme/shop, newTag: v1 }'),
  'k8s/all.yaml': deployments({ shop: 'ghcr.io/acme/shop' }),
};

test.each([
  [
    'another branch that is followed',
    { ...DEPLOYED, 'app.yaml': application('{ path: k8s, targetRevision: live }') },
    'follows live, not main',
  ],
  [
    'a path that only the controller knows',
    { ...DEPLOYED, 'app.yaml': application("{ path: '{{folder}}' }") },
    'perhaps followed by the Argo CD Application shop (app.yaml), whose path is {{folder}}.',
  ],
  [
    'a controller of Argo CD that writes tags',
    {
      ...DEPLOYED,
      'app.yaml': application(
        '{ path: k8s }',
        ', annotations: { argocd-image-updater.argoproj.io/image-list: shop=ghcr.io/acme/shop }',
      ),
    },
    'Argo CD Image Updater writes its tags too',
  ],
  [
    'a controller of Flux that writes tags',
    {
      ...DEPLOYED,
      'k8s/kustomization.yaml': kustomization(
        'all.yaml',
        'images:',
        '  - name: ghcr.io/acme/shop',
        '    newTag: v1 # {"$imagepolicy": "flux-system:shop:tag"}',
      ),
    },
    'The image automation of Flux writes its tags too',
  ],
  [
    'names that something else fills in',
    {
      ...SHOP,
      'k8s/kustomization.yaml': kustomization('all.yaml'),
      'k8s/all.yaml': deployments({ shop: '${REGISTRY}/shop' }),
    },
    'k8s/kustomization.yaml has ${REGISTRY}/shop. If',
  ],
  [
    'manifests that have no Kustomization',
    { ...SHOP, 'k8s/all.yaml': deployments({ shop: 'ghcr.io/acme/shop' }) },
    'Add k8s/kustomization.yaml with resources: [all.yaml]',
  ],
  [
    'charts, whose values are not written',
    { ...SHOP, 'chart/Chart.yaml': 'name: shop\n' },
    "chart: a release doesn't write the values of a Helm chart.",
  ],
  [
    'a Dockerfile that is no product, where there is none besides',
    { '.devcontainer/Dockerfile': copying() },
    'is for tests, tools or developers by its path, and there is no other Dockerfile',
  ],
  [
    'secrets that a build mounts',
    { ...SHOP, Dockerfile: 'FROM a\nRUN --mount=type=secret,id=npm_token npm ci\n' },
    'secrets: { npm_token: { env: NPM_TOKEN } }',
  ],
  [
    'an agent that a build mounts',
    { ...SHOP, Dockerfile: 'FROM a\nRUN --mount=type=ssh git clone git@example.org:acme/lib\n' },
    'mounts an SSH agent',
  ],
  [
    'what is copied and not in git',
    { ...SHOP, Dockerfile: 'FROM a\nCOPY target/*.jar dist a *.txt ./\n' },
    "Dockerfile copies target, dist, which the repository doesn't have in git",
  ],
  [
    'a last stage for developers',
    { ...SHOP, Dockerfile: 'FROM a AS deps\nFROM deps AS dev\n' },
    'the proposal builds the last stage of Dockerfile, dev.',
  ],
  [
    'images that run beside and that nothing builds',
    {
      ...DEPLOYED,
      'k8s/all.yaml': deployments({ shop: 'ghcr.io/acme/shop', a: 'ghcr.io/acme/cron', b: 'redis' }),
    },
    'it also runs ghcr.io/acme/cron, which no build here was found for.',
  ],
  [
    'what a Kustomization runs instead',
    {
      'api/Dockerfile': copying(),
      'web/Dockerfile': copying(),
      'k8s/kustomization.yaml': kustomization('all.yaml'),
      'k8s/all.yaml': deployments({ x: 'ghcr.io/acme/one', y: 'ghcr.io/acme/two', z: 'redis' }),
    },
    'k8s/kustomization.yaml has ghcr.io/acme/one, ghcr.io/acme/two. If',
  ],
  [
    'a Kustomization that is no YAML',
    { ...SHOP, 'k8s/kustomization.yaml': 'resources: [a\n  - {\n' },
    "k8s/kustomization.yaml can't be read as a Kustomization",
  ],
  [
    'a folder that kustomize refuses',
    { ...SHOP, 'k8s/kustomization.yaml': kustomization('a'), 'k8s/kustomization.yml': kustomization('a') },
    'k8s/kustomization.yaml and k8s/kustomization.yml are in one folder, which kustomize refuses',
  ],
  [
    'what a Kustomization takes from elsewhere',
    { ...SHOP, 'k8s/kustomization.yaml': kustomization('"https://github.com/acme/platform//base?ref=v1"') },
    'k8s/kustomization.yaml has https://github.com/acme/platform//base?ref=v1. If',
  ],
  [
    'a Dockerfile for developers that has no other beside it',
    { 'Dockerfile.dev': copying() },
    'Dockerfile.dev is for tests, tools or developers by its path',
  ],
  [
    'several stages that may be images',
    { ...SHOP, Dockerfile: 'FROM a AS base\nFROM base AS api\nFROM base AS worker\n' },
    'the proposal builds the last stage of Dockerfile, worker. Name another with `target`, or give each an image: api, worker.',
  ],
])('the list has %s', (_, files, text) => {
  const { notes, config } = proposalFor(files);
  expect(notes.join('\n')).toContain(text);
  expect(config.text.match(/^#/gm)).toHaveLength(2);
});

test('an image that stands on another one of the repository is built on that', () => {
  const {
    config: { text },
  } = proposalFor({ 'api/Dockerfile': 'FROM shop-base\n', 'base/Dockerfile': 'FROM a\n' });
  expect(parse(text)).toMatchObject({ images: { api: { contexts: { 'shop-base': 'image:base' } } } });
});

test('the base of somebody else is none of ours, whatever it is called', () => {
  const {
    config: { text },
  } = proposalFor({ 'api/Dockerfile': 'FROM other/base\n', 'base/Dockerfile': 'FROM a\n' });
  expect(parse(text)).toMatchObject({ images: { api: null } });
});

test('environments of one machine are not proposed', () => {
  const { notes } = proposalFor({
    ...DEPLOYED,
    'k8s/local/kustomization.yaml': kustomization('..'),
    'k8s/kind/kustomization.yaml': kustomization('..'),
  });
  expect(notes.join('\n')).not.toContain('channel');
});

test('an origin elsewhere is reported, with what to try', () => {
  const origin = 'ssh://git@git.example.org/acme/shop.git';
  const repository = { ...repositoryOf(SHOP), origin };
  expect(() => propose(repository, readWorkflows(repository))).toThrow(
    expect.objectContaining({
      message: expect.stringContaining(origin) as string,
      problems: [expect.objectContaining({ fix: expect.stringContaining('ghcr.io/OWNER') as string })],
    }),
  );
});

test.each([
  ['submodules', { '.gitmodules': '[submodule "lib"]\n\tpath = lib\n' }, 'submodules: recursive'],
  ['large files', { '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n' }, 'lfs: true'],
])('the workflow checks out %s', (_, files, line) => {
  const repository = repositoryOf({ ...SHOP, ...files }, 'acme/shop');
  expect(propose(repository, readWorkflows(repository)).workflow?.text).toContain(`        with:\n          ${line}`);
});

test('an account of Docker Hub that only manifests name is reported as work by hand', () => {
  const files = { ...SHOP, 'k8s/all.yaml': deployments({ shop: 'store/shop' }) };
  const repository = repositoryOf(files, 'acme/shop');
  expect(propose(repository, readWorkflows(repository)).notes).toEqual([
    expect.stringMatching(/^Manifests name store\/… .*: image-release init --registry ghcr\.io\/acme$/),
    expect.stringMatching(/^k8s\/all\.yaml: a release writes only Kustomizations/),
  ]);
});
