import { propose } from '../../src/init/propose.js';
import { readWorkflows } from '../../src/init/workflows/read-workflows.js';
import { copying, deployments, kustomization, repositoryOf } from './repositories.js';

const SHOP = { Dockerfile: copying('.'), a: '' };

function proposalFor(files: Record<string, string>) {
  const repository = repositoryOf({ ...SHOP, ...files }, 'acme/shop');
  return propose(repository, readWorkflows(repository));
}

const workflow = (...steps: string[]) =>
  `on: { push: { branches: [main] } }\njobs:\n  image:\n    runs-on: ubuntu-latest\n    steps:\n${steps.map((step) => `      - ${step}\n`).join('')}`;
const published = (...steps: string[]) => ({
  '.github/workflows/image.yml': workflow(
    ...steps,
    "{ uses: docker/build-push-action@v6, with: { push: true, tags: 'ghcr.io/acme/shop:${{ github.sha }}' } }",
  ),
});

test.each<[string, Record<string, string>, string]>([
  [
    'a Makefile that no workflow calls',
    { Makefile: 'IMG = ghcr.io/acme/api\nimage:\n\tdocker build -t ghcr.io/acme/api .\n' },
    'Makefile:3 builds ghcr.io/acme/api',
  ],
  [
    'a make target that a workflow calls',
    { '.github/workflows/image.yml': workflow('run: make docker-push') },
    '.github/workflows/image.yml:6 `make docker-push`',
  ],
  [
    'a script in package.json',
    { 'package.json': '{ "scripts": { "image": "docker build -t acme/shop ." } }\n' },
    'package.json:1 builds acme/shop',
  ],
  [
    'a script that no workflow calls',
    { 'build.sh': '#!/bin/sh\nset -e\ndocker push ghcr.io/acme/api\n' },
    'build.sh:3 pushes ghcr.io/acme/api',
  ],
  [
    'a script that runs Kaniko',
    { 'ci/build.sh': '#!/bin/sh\nkubectl run k --image=gcr.io/kaniko-project/executor\n' },
    'ci/build.sh:2 builds with Kaniko images',
  ],
  [
    'a pod or a task that runs Kaniko',
    {
      'ci/job.yaml':
        'kind: Job\nspec: { template: { spec: { containers: [{ image: gcr.io/kaniko-project/executor }] } } }\n',
    },
    'ci/job.yaml:2 builds with Kaniko images',
  ],
  [
    'another CI system',
    { '.gitlab-ci.yml': 'image:\n  script:\n    - docker build -t registry.example.org/shop .\n' },
    '.gitlab-ci.yml:3 builds registry.example.org/shop',
  ],
  [
    'an action that builds',
    { '.github/workflows/image.yml': workflow('uses: redhat-actions/buildah-build@v2') },
    '.github/workflows/image.yml:6 `redhat-actions/buildah-build@v2`',
  ],
  [
    'a workflow of another repository',
    {
      '.github/workflows/image.yml': 'on: push\njobs:\n  image:\n    uses: acme/ci/.github/workflows/docker.yml@v1\n',
    },
    '.github/workflows/image.yml:4 the workflow acme/ci/.github/workflows/docker.yml@v1',
  ],
  [
    'a composite action that publishes through make',
    {
      '.github/workflows/image.yml': workflow('uses: ./.github/actions/publish'),
      '.github/actions/publish/action.yml':
        'runs:\n  using: composite\n  steps:\n    - run: make docker-push\n      shell: bash\n',
    },
    '.github/actions/publish/action.yml:4 `make docker-push`',
  ],
  [
    'a push of an image without a known build',
    { '.github/workflows/image.yml': workflow('run: docker push ghcr.io/acme/api') },
    '.github/workflows/image.yml:6 `docker push ghcr.io/acme/api`',
  ],
  [
    'a bake file that is not in git',
    { '.github/workflows/image.yml': workflow('run: docker buildx bake -f made.hcl --push') },
    '.github/workflows/image.yml:6 the build of made.hcl',
  ],
])('the notes list one unread item with its place: %s', (_, files, item) => {
  const { notes } = proposalFor(files);
  expect(notes.filter((note) => note.includes("doesn't read this"))).toEqual([expect.stringContaining(item) as string]);
});

test('proposes a placeholder registry if the build of the image is unread', () => {
  const { draft, notes } = proposalFor({ Makefile: 'image:\n\tdocker build -t $(IMG) .\n' });
  expect(draft.registry).toBe('registry.invalid');
  expect(notes).toContainEqual(expect.stringContaining('Change `registry` before you rely on the workflow'));
});

test('proposed files contain no values of variables or secrets, and the notes list the names', () => {
  const script =
    'PASSWORD=hunter2\nMODE=quiet\ndocker build --build-arg PW=$PASSWORD --build-arg MODE="$MODE" -t ghcr.io/acme/shop .\ndocker push ghcr.io/acme/shop\n';
  const {
    config,
    workflow: text,
    notes,
  } = proposalFor({
    'build.sh': `#!/bin/sh\n${script}`,
    '.github/workflows/image.yml': workflow(
      'run: ./build.sh',
      '{ uses: docker/login-action@v3, with: { username: acme, password: letmein } }',
      '{ id: x, run: echo "v=opensesame" >> $GITHUB_OUTPUT }',
      "{ uses: docker/build-push-action@v6, with: { push: true, tags: acme/web, build-args: 'V=${{ steps.x.outputs.v }}', secrets: 'a=swordfish' } }",
    ),
  });
  expect(`${config.text}${workflow_(text)}`).not.toMatch(/hunter2|quiet|letmein|opensesame|swordfish/);
  const told = notes.join('\n');
  for (const name of ['build argument PW', 'build argument MODE', 'build argument V', 'the build secret a'])
    expect(told).toContain(name);
});

const workflow_ = (file: { text: string } | undefined) => file?.text ?? '';

test.each([
  ['${GITHUB_REF/refs\\/tags\\//}', 'type=ref,event=tag'],
  ['${GITHUB_REF#refs/tags/}', 'type=ref,event=tag'],
  ['$(basename $GITHUB_REF)', 'type=ref,event=tag'],
  ['$(echo $GITHUB_REF | cut -d/ -f3)', 'type=ref,event=tag'],
  ['${GITHUB_REF_NAME#v}', 'type=semver,pattern={{version}}'],
  ['${GITHUB_SHA::7}', 'type=sha,prefix='],
])('proposes a tag rule for a tag that a shell derives from ref or commit: %s', (tag, rule) => {
  const run = `docker build -t ghcr.io/acme/shop:${tag} . && docker push ghcr.io/acme/shop:${tag}`;
  const text = workflow(`run: ${run}`).replace('branches: [main]', "tags: ['v*']");
  expect(proposalFor({ '.github/workflows/image.yml': text }).draft.tags).toEqual([rule]);
});

test('accepts workflows, actions and scripts that call each other in a loop', () => {
  const files = {
    '.github/workflows/image.yml': workflow('uses: ./a', 'run: ./x.sh').replace(
      'jobs:',
      'jobs:\n  again: { uses: ./.github/workflows/image.yml }',
    ),
    'a/action.yml': 'runs: { using: composite, steps: [{ uses: ./a }] }\n',
    'x.sh': '#!/bin/sh\nf() { f; }\nf\n./x.sh\n',
  };
  expect(() => proposalFor(files)).not.toThrow();
});

test.each([
  '(( $# >= 2 )) && docker build .',
  'for ((i = 0; i < 3; i++)); do docker build .; done',
  'select x in a b; do docker build .; done',
  'until docker build .; do sleep 1; done',
  'x=(a b); docker build ${x[@]} <(cat y) $((1 + 2)) ${!x} ${x@Q} {a,b}',
  'if [[ $x =~ ( ]]; then docker build .; fi',
  'docker build "unclosed',
  '}{ ;; esac docker build <<EOF',
  'coproc docker build .',
])('accepts a script with unusual syntax: %s', (script) => {
  const { draft } = proposalFor({ '.github/workflows/image.yml': workflow(`run: |\n          ${script}`) });
  expect(draft.images.map(({ key }) => key)).toEqual(['shop']);
});

test('the notes report a commit to another repository that changes no Kustomization', () => {
  const { notes } = proposalFor(
    published(
      '{ uses: actions/checkout@v4, with: { repository: acme/gitops, path: gitops } }',
      'run: cd gitops && sed -i s/a/b/ values.yaml && git commit -am x && git push',
    ),
  );
  expect(notes).toContainEqual(expect.stringContaining('the commit to acme/gitops'));
});

test("doesn't deploy to a Kustomization that nothing writes or follows, but notes it", () => {
  const { draft, notes } = proposalFor({
    ...published(),
    'k8s/kustomization.yaml': kustomization('all.yaml'),
    'k8s/all.yaml': deployments({ shop: 'ghcr.io/acme/shop' }),
  });
  expect(draft.deploys).toEqual([]);
  expect(notes.join()).toContain('If something does: deploy: k8s/kustomization.yaml');
});

test("doesn't deploy to a Kustomization that can't be built, but notes it", () => {
  const { draft, notes } = proposalFor({
    'k8s/kustomization.yaml': kustomization('all.yaml, missing.yaml'),
    'k8s/all.yaml': deployments({ shop: 'ghcr.io/acme/shop' }),
  });
  expect(draft.deploys).toEqual([]);
  expect(notes.join()).toContain("k8s/kustomization.yaml doesn't build: missing.yaml is not in git.");
});

test('takes the name of a bake target from docker/metadata-action', () => {
  const { draft } = proposalFor({
    'docker-bake.hcl':
      'target "docker-metadata-action" {}\ngroup "default" {\n  targets = ["app"]\n}\ntarget "app" {\n  inherits = ["docker-metadata-action"]\n}\n',
    '.github/workflows/image.yml': workflow(
      '{ id: meta, uses: docker/metadata-action@v5, with: { images: ghcr.io/acme/front } }',
      "{ uses: docker/bake-action@v6, with: { push: true, files: 'docker-bake.hcl,${{ steps.meta.outputs.bake-file }}' } }",
    ),
  });
  expect(draft.images.map(({ key, image }) => [key, image])).toEqual([['app', 'ghcr.io/acme/front']]);
});

test('leaves out a compose service that is built for tests', () => {
  const { draft } = proposalFor({
    'docker-compose.yml':
      'services: { shop: { build: . }, e2e: { build: { context: ., dockerfile: Dockerfile.e2e } } }\n',
    'Dockerfile.e2e': copying('.'),
  });
  expect(draft.images.map(({ key }) => key)).toEqual(['shop']);
});

test('advises to delete a job that only writes a summary of a deleted job', () => {
  const text = `${published()['.github/workflows/image.yml']}  summary:\n    needs: image\n    runs-on: ubuntu-latest\n    steps: [{ run: 'echo done >> $GITHUB_STEP_SUMMARY' }]\n  test:\n    runs-on: ubuntu-latest\n    steps: [{ run: npm test }]\n`;
  expect(proposalFor({ '.github/workflows/image.yml': text }).notes[0]).toContain(
    'Delete .github/workflows/image.yml (image, summary) in the same commit.',
  );
});
