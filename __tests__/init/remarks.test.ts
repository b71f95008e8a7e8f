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
    'an Argo CD Application that follows another branch',
    { ...DEPLOYED, 'app.yaml': application('{ path: k8s, targetRevision: live }') },
    'follows live, not main',
  ],
  [
    'an Argo CD Application whose path is a template',
    { ...DEPLOYED, 'app.yaml': application("{ path: '{{folder}}' }") },
    'perhaps followed by the Argo CD Application shop (app.yaml), whose path is {{folder}}.',
  ],
  [
    'Argo CD Image Updater',
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
    'the image automation of Flux',
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
    'image names with variables',
    {
      ...SHOP,
      'k8s/kustomization.yaml': kustomization('all.yaml'),
      'k8s/all.yaml': deployments({ shop: '${REGISTRY}/shop' }),
    },
    'k8s/kustomization.yaml has ${REGISTRY}/shop. If',
  ],
  [
    'manifests without a Kustomization',
    { ...SHOP, 'k8s/all.yaml': deployments({ shop: 'ghcr.io/acme/shop' }) },
    'Add k8s/kustomization.yaml with resources: [all.yaml]',
  ],
  [
    'a Helm chart',
    { ...SHOP, 'chart/Chart.yaml': 'name: shop\n' },
    "chart: a release doesn't write the values of a Helm chart.",
  ],
  [
    'a devcontainer Dockerfile if there is no other',
    { '.devcontainer/Dockerfile': copying() },
    'is for tests, tools or developers by its path, and there is no other Dockerfile',
  ],
  [
    'secrets that a build mounts',
    { ...SHOP, Dockerfile: 'FROM a\nRUN --mount=type=secret,id=npm_token npm ci\n' },
    'secrets: { npm_token: { env: NPM_TOKEN } }',
  ],
  [
    'an SSH agent that a build mounts',
    { ...SHOP, Dockerfile: 'FROM a\nRUN --mount=type=ssh git clone git@example.org:acme/lib\n' },
    'mounts an SSH agent',
  ],
  [
    'copied paths that are not in git',
    { ...SHOP, Dockerfile: 'FROM a\nCOPY target/*.jar dist a *.txt ./\n' },
    "Dockerfile copies target, dist, which the repository doesn't have in git",
  ],
  [
    'a last stage for developers',
    { ...SHOP, Dockerfile: 'FROM a AS deps\nFROM deps AS dev\n' },
    'the proposal builds the last stage of Dockerfile, dev.',
  ],
  [
    'running images without a known build',
    {
      ...DEPLOYED,
      'k8s/all.yaml': deployments({ shop: 'ghcr.io/acme/shop', a: 'ghcr.io/acme/cron', b: 'redis' }),
    },
    'it also runs ghcr.io/acme/cron, which no build here was found for.',
  ],
  [
    'images of a Kustomization that match no build',
    {
      'api/Dockerfile': copying(),
      'web/Dockerfile': copying(),
      'k8s/kustomization.yaml': kustomization('all.yaml'),
      'k8s/all.yaml': deployments({ x: 'ghcr.io/acme/one', y: 'ghcr.io/acme/two', z: 'redis' }),
    },
    'k8s/kustomization.yaml has ghcr.io/acme/one, ghcr.io/acme/two. If',
  ],
  [
    'a Kustomization that is not YAML',
    { ...SHOP, 'k8s/kustomization.yaml': 'resources: [a\n  - {\n' },
    "k8s/kustomization.yaml can't be read as a Kustomization",
  ],
  [
    'a folder that kustomize rejects',
    { ...SHOP, 'k8s/kustomization.yaml': kustomization('a'), 'k8s/kustomization.yml': kustomization('a') },
    'k8s/kustomization.yaml and k8s/kustomization.yml are in one folder, which kustomize refuses',
  ],
  [
    'remote resources of a Kustomization',
    { ...SHOP, 'k8s/kustomization.yaml': kustomization('"https://github.com/acme/platform//base?ref=v1"') },
    'k8s/kustomization.yaml has https://github.com/acme/platform//base?ref=v1. If',
  ],
  [
    'a Dockerfile for developers if there is no other',
    { 'Dockerfile.dev': copying() },
    'Dockerfile.dev is for tests, tools or developers by its path',
  ],
  [
    'several stages that may be images',
    { ...SHOP, Dockerfile: 'FROM a AS base\nFROM base AS api\nFROM base AS worker\n' },
    'the proposal builds the last stage of Dockerfile, worker. Name another with `target`, or give each an image: api, worker.',
  ],
])('the notes report %s', (_, files, text) => {
  const { notes, config } = proposalFor(files);
  expect(notes.join('\n')).toContain(text);
  expect(config.text.match(/^#/gm)).toHaveLength(2);
});

test('uses another image of the repository as base if its name matches', () => {
  const {
    config: { text },
  } = proposalFor({ 'api/Dockerfile': 'FROM shop-base\n', 'base/Dockerfile': 'FROM a\n' });
  expect(parse(text)).toMatchObject({ images: { api: { contexts: { 'shop-base': 'image:base' } } } });
});

test("doesn't replace a base image of another owner with an image of the same name", () => {
  const {
    config: { text },
  } = proposalFor({ 'api/Dockerfile': 'FROM other/base\n', 'base/Dockerfile': 'FROM a\n' });
  expect(parse(text)).toMatchObject({ images: { api: null } });
});

test('the notes suggest no channel for environments on a single machine', () => {
  const { notes } = proposalFor({
    ...DEPLOYED,
    'k8s/local/kustomization.yaml': kustomization('..'),
    'k8s/kind/kustomization.yaml': kustomization('..'),
  });
  expect(notes.join('\n')).not.toContain('channel');
});

test('reports an origin outside GitHub and suggests a registry', () => {
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

test('the notes report a Docker Hub account that only manifests name', () => {
  const files = { ...SHOP, 'k8s/all.yaml': deployments({ shop: 'store/shop' }) };
  const repository = repositoryOf(files, 'acme/shop');
  expect(propose(repository, readWorkflows(repository)).notes).toEqual([
    expect.stringMatching(/^Manifests name store\/… .*: image-release init --registry ghcr\.io\/acme$/),
    expect.stringMatching(/^k8s\/all\.yaml: a release writes only Kustomizations/),
  ]);
});
