import { parse } from 'yaml';
import { readWorkflows } from '../../src/init/workflows/read-workflows.js';
import { propose } from '../../src/init/propose.js';
import { application } from './deploy-cases.js';
import { copying, deployments, kustomization, repositoryOf } from './repositories.js';

function configFor(files: Record<string, string>, name = 'acme/shop'): string {
  const repository = repositoryOf(files, name);
  return propose(repository, readWorkflows(repository)).config.text;
}

const SHOP = { Dockerfile: copying('.'), a: '' };
const DEPLOYED = {
  ...SHOP,
  'k8s/kustomization.yaml': kustomization(
    'all.yaml',
    'images:',
    '  - { name: ghcr.io/acme/shop, newTag: v1 }',
  ),
  'k8s/all.yaml': deployments({ shop: 'ghcr.io/acme/shop' }),
};

test.each([
  [
    'the repository that an Application deploys instead',
    { ...DEPLOYED, 'app.yaml': application('{ repoURL: https://github.com/acme/gitops, path: shop }') },
    'deploy: { repository: acme/gitops, kustomization: shop/kustomization.yaml }',
  ],
  [
    'another branch that is followed',
    { ...DEPLOYED, 'app.yaml': application('{ path: k8s, targetRevision: live }') },
    'It follows live, not main',
  ],
  [
    'a path that only the controller knows',
    { ...DEPLOYED, 'app.yaml': application("{ path: '{{folder}}' }") },
    'Perhaps followed by the Argo CD Application shop (app.yaml), whose path is {{folder}}.',
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
    'Argo CD Image Updater sets its images, too',
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
    'The image automation of Flux writes to it, too (k8s/kustomization.yaml:5)',
  ],
  [
    'names that something else fills in',
    {
      ...SHOP,
      'k8s/kustomization.yaml': kustomization('all.yaml'),
      'k8s/all.yaml': deployments({ shop: '${REGISTRY}/shop' }),
    },
    'k8s/kustomization.yaml names ${REGISTRY}/shop, which something else fills in',
  ],
  [
    'manifests that have no Kustomization',
    { ...SHOP, 'k8s/all.yaml': deployments({ shop: 'ghcr.io/acme/shop' }) },
    'add k8s/kustomization.yaml with resources: [all.yaml]',
  ],
  [
    'charts, whose values are not written',
    { ...SHOP, 'chart/Chart.yaml': 'name: shop\n' },
    'chart: the values of a Helm chart are not written.',
  ],
  [
    'stages that an argument chooses between',
    {
      ...SHOP,
      Dockerfile:
        'ARG SERVICE=api\nFROM a AS base\nFROM base AS api\nFROM base AS worker\nFROM ${SERVICE} AS final\n',
    },
    'is chosen by SERVICE (api, worker)',
  ],
  [
    'a Dockerfile that is no product, where there is none besides',
    { '.devcontainer/Dockerfile': copying() },
    'is among tests, examples or tools, and there is no other Dockerfile',
  ],
  [
    'a base that is published under a tag of its own',
    { 'api/Dockerfile': 'FROM acme/base:1.2\n', 'base/Dockerfile': 'FROM a\n' },
    'contexts: { "acme/base:1.2": image:base }',
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
    'Dockerfile copies target, dist, which the repository does not have in git',
  ],
  [
    'a Dockerfile that is none',
    { ...SHOP, Dockerfile: 'RUN true\n' },
    'Dockerfile is no Dockerfile that could be built: ',
  ],
  [
    'a last stage for developers',
    { ...SHOP, Dockerfile: 'FROM a AS deps\nFROM deps AS dev\n' },
    'ends in the stage dev, which is built',
  ],
  [
    'images that run beside and that nothing builds',
    {
      ...DEPLOYED,
      'k8s/all.yaml': deployments({ shop: 'ghcr.io/acme/shop', a: 'ghcr.io/acme/cron', b: 'redis' }),
    },
    'It runs ghcr.io/acme/cron, too, which nothing here was found to build.',
  ],
  [
    'what a Kustomization runs instead',
    {
      'api/Dockerfile': copying(),
      'web/Dockerfile': copying(),
      'k8s/kustomization.yaml': kustomization('all.yaml'),
      'k8s/all.yaml': deployments({ x: 'ghcr.io/acme/one', y: 'ghcr.io/acme/two', z: 'redis' }),
    },
    'k8s/kustomization.yaml runs ghcr.io/acme/one, ghcr.io/acme/two: if',
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
    'What images k8s/kustomization.yaml gets by https://github.com/acme/platform//base?ref=v1 is not seen here',
  ],
  [
    'a Dockerfile for developers that has no other beside it',
    { 'Dockerfile.dev': copying() },
    'Dockerfile.dev is for developers or tests by its name, and there is no other Dockerfile for this.',
  ],
])('what is told: %s', (_, files, text) => {
  expect(configFor(files)).toContain(text);
});

test('an image that stands on another one of the repository is built on that', () => {
  const text = configFor({ 'api/Dockerfile': 'FROM shop-base\n', 'base/Dockerfile': 'FROM a\n' });
  expect(parse(text)).toMatchObject({ images: { api: { contexts: { 'shop-base': 'image:base' } } } });
});

test('the base of somebody else is none of ours, whatever it is called', () => {
  const text = configFor({ 'api/Dockerfile': 'FROM other/base\n', 'base/Dockerfile': 'FROM a\n' });
  expect(parse(text)).toMatchObject({ images: { api: null } });
});

test('images that a controller sets instead are told as work by hand', () => {
  const files = {
    ...DEPLOYED,
    'app.yaml': application("{ path: k8s, kustomize: { images: ['ghcr.io/acme/shop:v1'] } }"),
  };
  const repository = repositoryOf(files, 'acme/shop');
  expect(propose(repository, readWorkflows(repository)).notes).toEqual([
    expect.stringMatching(/^app\.yaml:4: .* never takes effect: the Argo CD Application shop sets /),
  ]);
});

test('environments of one machine are not proposed', () => {
  const text = configFor({
    ...DEPLOYED,
    'k8s/local/kustomization.yaml': kustomization('..'),
    'k8s/kind/kustomization.yaml': kustomization('..'),
  });
  expect(text).not.toContain('channel');
});

test.each([
  ['https://gitlab.com/Acme/tools/shop.git', '.gitlab.com/acme/tools/shop.'],
  ['ssh://git@git.example.org/acme/shop.git', 'ghcr.io/OWNER'],
])('an origin at %s is told, with what to try', (origin, registry) => {
  const repository = { ...repositoryOf(SHOP), origin };
  expect(() => propose(repository, readWorkflows(repository))).toThrow(
    expect.objectContaining({
      message: expect.stringContaining(origin) as string,
      problems: [expect.objectContaining({ fix: expect.stringContaining(registry) as string })],
    }),
  );
});

test('a Dockerfile that is a link is the one that it leads to', () => {
  const files = { Dockerfile: copying('a'), 'docker/Dockerfile': copying('a'), a: '' };
  const repository = { ...repositoryOf(files, 'acme/shop'), links: { Dockerfile: 'docker/Dockerfile' } };
  const { draft, passed } = propose(repository, readWorkflows(repository));
  expect(draft.images.map(({ dockerfile }) => dockerfile)).toEqual(['docker/Dockerfile']);
  expect(passed).toEqual([{ path: 'Dockerfile', reason: 'it is a link to docker/Dockerfile' }]);
});

test.each([
  [
    'submodules that an image copies',
    { '.gitmodules': '[submodule "lib"]\n\tpath = lib\n' },
    'submodules: recursive',
  ],
  ['large files', { '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n' }, 'lfs: true'],
])('the workflow checks out %s', (_, files, line) => {
  const repository = repositoryOf({ ...SHOP, ...files }, 'acme/shop');
  expect(propose(repository, readWorkflows(repository)).workflow?.text).toContain(
    `        with:\n          ${line}`,
  );
});

test('submodules that no image copies are left where they are', () => {
  const files = {
    'api/Dockerfile': copying('.'),
    'api/a': '',
    '.gitmodules': '[submodule "docs"]\n\tpath = docs/theme\n',
  };
  const repository = repositoryOf(files, 'acme/shop');
  expect(propose(repository, readWorkflows(repository)).workflow?.text).not.toContain('submodules');
});

test('an account of Docker Hub that only manifests name is told as work by hand', () => {
  const files = { ...SHOP, 'k8s/all.yaml': deployments({ shop: 'store/shop' }) };
  const repository = repositoryOf(files, 'acme/shop');
  expect(propose(repository, readWorkflows(repository)).notes).toEqual([
    expect.stringMatching(/^Manifests name store\/… .*: image-release init --registry ghcr\.io\/acme$/),
  ]);
});
