import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.js';
import type { ReleaseError } from '../../src/lib/errors.js';
import { planRelease } from '../../src/plan/plan-release.js';
import { readWorkflows } from '../../src/init/workflows/read-workflows.js';
import { propose, type Proposal } from '../../src/init/propose.js';
import { CHECKOUT } from '../../src/init/workflow-text.js';
import { factsOf, requestOf, sourceOf } from '../plan/fixtures.js';
import { textOf } from '../repository/repository-files.js';
import { lintWorkflows, LINT_TIMEOUT_MS } from '../repository/workflow-lint.js';
import { CASES, type Case } from './cases.js';
import { DEPLOY_CASES } from './deploy-cases.js';
import { LAYOUT_CASES } from './layout-cases.js';
import { copying, repositoryOf } from './repositories.js';

function proposalFor({ files, name, registry }: Pick<Case, 'files' | 'name' | 'registry'>): Proposal {
  const repository = repositoryOf(files, name);
  return propose(repository, readWorkflows(repository), registry === undefined ? {} : { registry });
}

test.each(Object.entries({ ...CASES, ...LAYOUT_CASES, ...DEPLOY_CASES }))('%s', (_, given) => {
  const { config: file } = proposalFor(given);
  const config = loadConfig({ text: file.text, origin: file.path });
  const { plan, problems } = planRelease(config, factsOf(config, { source: sourceOf() }), requestOf());
  expect(problems).toEqual([]);
  const images = plan.images.map(({ key, image, context, dockerfile }) => [key, [image, context, dockerfile]]);
  expect(Object.fromEntries(images)).toEqual(given.images);
  expect((parse(file.text) as { deploy?: unknown }).deploy).toEqual(given.deploy);
});

test(
  'proposed workflows pass the linter, and CI of this repository uses the same checkout action',
  async () => {
    const texts = Object.fromEntries(
      Object.entries(CASES).map(([name, given]) => [name, proposalFor(given).workflow!.text]),
    );
    const findings = await lintWorkflows(texts);
    expect(Object.entries(findings).filter(([, found]) => found.length > 0)).toEqual([]);
    expect(textOf('.github/workflows/ci.yml')).toContain(CHECKOUT);
  },
  LINT_TIMEOUT_MS,
);

const ONE = { 'api/Dockerfile': copying('.'), 'api/a': '' };

test('proposes a separate workflow file, and the notes say which old file to delete', () => {
  const workflow = '.github/workflows/build-push.yml';
  const old = `on: { push: { branches: [main] } }
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: docker/build-push-action@v6
        with: { context: api, push: true, tags: ghcr.io/acme/api:latest }
`;
  const proposal = proposalFor({ files: { ...ONE, [workflow]: old } });
  expect(proposal.workflow?.path).toBe('.github/workflows/image-release.yml');
  expect(proposal.notes).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^Delete \.github\/workflows\/build-push\.yml in the same commit\./),
    ]),
  );
});

test('adds a pinned setup-qemu step for several platforms if the old workflow has none', () => {
  const run = 'docker buildx build --platform linux/amd64,linux/arm64 -t ghcr.io/acme/api --push api';
  const job = `{ runs-on: ubuntu-latest, steps: [{ run: '${run}' }] }`;
  const files = { ...ONE, '.github/workflows/image.yml': `on: push\njobs: { image: ${job} }\n` };
  const { workflow } = proposalFor({ files });
  expect(workflow?.text).toMatch(/- uses: docker\/setup-qemu-action@[0-9a-f]{40} # v\d+\.\d+\.\d+\n/);
});

test('proposes no workflow if one already uses image-release', () => {
  const own = 'on: push\njobs: { a: { steps: [{ uses: ardenone/image-release@v1 }] } }\n';
  const files = { ...ONE, '.github/workflows/release.yml': own };
  expect(proposalFor({ files, registry: 'ghcr.io/acme' }).workflow).toBeUndefined();
});

test('the notes list build arguments without a value, and those for the browser', () => {
  const text = 'ARG NODE=24\nFROM node:$NODE\nARG NODE\nARG TARGETARCH\nARG TOKEN_URL\nARG VITE_API=http://localhost\n';
  const { notes } = proposalFor({ files: { 'web/Dockerfile': text }, registry: 'ghcr.io/acme' });
  expect(notes.join()).toContain('args: { TOKEN_URL: …, VITE_API: … }');
});

test('the workflow has only the permissions that the release needs', () => {
  const permissionsOf = (given: Case) =>
    (parse(proposalFor(given).workflow!.text) as { permissions: object }).permissions;
  expect(permissionsOf(CASES['takes image names from the entries of an overlay']!)).toEqual({
    contents: 'write',
    packages: 'write',
  });
  expect(permissionsOf(CASES['gives longer keys to two images with the same name']!)).toEqual({
    contents: 'read',
    packages: 'write',
  });
  expect(permissionsOf(CASES['keeps an image name that differs from the repository name']!)).toEqual({
    contents: 'write',
  });
});

test.each([
  ['scaffold/no-image', { 'README.md': '' }],
  ['scaffold/registry-unknown', ONE],
])('throws %s', (code, files) => {
  let problem: unknown;
  try {
    proposalFor({ files });
  } catch (error) {
    problem = (error as ReleaseError).code;
  }
  expect(problem).toBe(code);
});

test("variants of one image don't share a tag, and the notes report an unsupported tag rule", () => {
  const build = (variant: string, target: string) =>
    `      - uses: docker/build-push-action@v6
        with: { file: ${variant}.Dockerfile, target: ${target}, push: true, tags: 'ghcr.io/acme/shop:${variant}-${target}' }
`;
  const meta = `      - { id: meta, uses: docker/metadata-action@v5, with: { images: ghcr.io/acme/edge, tags: 'type=edge,value=next' } }
      - { uses: docker/build-push-action@v6, with: { push: true, file: a.Dockerfile, tags: '\${{ steps.meta.outputs.tags }}' } }
`;
  const steps = ['a', 'b'].flatMap((variant) => ['web', 'job'].map((target) => build(variant, target)));
  const text = `on: push\njobs:\n  image:\n    runs-on: ubuntu-latest\n    steps:\n${steps.join('')}${meta}`;
  const dockerfile = 'FROM x AS web\nFROM x AS job\n';
  const { config: file, notes } = proposalFor({
    files: { 'a.Dockerfile': dockerfile, 'b.Dockerfile': dockerfile, '.github/workflows/image.yml': text },
  });
  const config = loadConfig({ text: file.text, origin: file.path });
  const { problems } = planRelease(config, factsOf(config, { source: sourceOf() }), requestOf());
  expect(problems).toEqual([]);
  expect(notes.join()).toContain('the tag `type=edge,value=next`');
});
