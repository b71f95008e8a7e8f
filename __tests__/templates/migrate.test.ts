import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import type { DeployConfig } from '../../src/config/config.js';
import { loadConfig } from '../../src/config/load.js';
import type { SourceRef } from '../../src/facts/source.js';
import { readYaml } from '../../src/lib/yaml-value.js';
import { planRelease } from '../../src/plan/plan-release.js';
import type { PlannedImage } from '../../src/plan/plan.js';
import type { Found, Repository } from '../../src/init/found.js';
import { readTriggers } from '../../src/init/workflows/triggers.js';
import { readWorkflows } from '../../src/init/workflows/read-workflows.js';
import { propose } from '../../src/init/propose.js';
import { factsOf, requestOf, sourceOf } from '../plan/fixtures.js';
import { ROOT } from '../repository/repository-files.js';

/** Repositories as people write them; `expected.json` is what the old way makes of an event, written by hand. */
const FOLDER = join(ROOT, '__tests__/fixtures/migrations');

/** Of an image, what the old way gives it; what is absent was not asked. */
interface ExpectedImage {
  tags: string[];
  context?: string;
  dockerfile?: string;
  target?: string;
  args?: Record<string, string>;
  /** Id to variable. */
  secrets?: Record<string, string>;
  platforms?: string[];
  /** Name to source. */
  contexts?: Record<string, string>;
  cache?: 'gha' | 'registry';
  noCache?: boolean;
}

interface Expected extends Partial<
  Pick<Found, 'triggers' | 'sign' | 'environment' | 'furtherTags' | 'emulation'>
> {
  'push to main'?: Record<string, ExpectedImage>;
  'push to develop'?: Record<string, ExpectedImage>;
  'tag v1.2.3'?: Record<string, ExpectedImage>;
  'pull request 15'?: Record<string, ExpectedImage>;
  bake?: { files: string[]; targets: string[] };
  /** What the configuration deploys to. */
  deploy?: Partial<DeployConfig>[];
  /** Of what is published, what alone is deployed. */
  deployOn?: 'tag' | 'branch';
  provenance?: string;
  /** Of the first image; null: none beside the one that an image has anyhow. */
  cacheRef?: string | null;
  /** What the commits of the deploy are made with. */
  deployToken?: string;
  /** Everything that is reported as not carried over. */
  left?: string[];
  /** What is to be deleted. */
  replaced?: string[];
}

const EVENTS: Record<string, SourceRef> = {
  'push to main': { type: 'branch', name: 'main' },
  'push to develop': { type: 'branch', name: 'develop' },
  'tag v1.2.3': { type: 'tag', name: 'v1.2.3' },
  'pull request 15': { type: 'pull-request', number: 15, head: 'feature', base: 'main', fork: false },
};

function repositoryAt(folder: string): Repository {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'expected.json')
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
  return {
    name: 'Acme/shop',
    folder: 'shop',
    defaultBranch: 'main',
    paths,
    files: paths.map((path) => ({ path, text: readFileSync(join(folder, path), 'utf8') })),
  };
}

/** In the words of `expected.json`; the tag that a plan adds is marked. */
function told(image: PlannedImage, asked: ExpectedImage, written: readonly string[]): ExpectedImage {
  const wanted: Required<Omit<ExpectedImage, 'tags' | 'target' | 'cache'>> &
    Pick<ExpectedImage, 'target' | 'cache'> = {
    context: image.context,
    dockerfile: image.dockerfile,
    args: image.args,
    secrets: Object.fromEntries(
      image.secrets.map((secret) => [secret.id, 'env' in secret ? secret.env : secret.file]),
    ),
    platforms: image.platforms,
    contexts: image.contexts,
    noCache: image.noCache,
    ...(image.target !== undefined && { target: image.target }),
    ...cacheOf(image),
  };
  const tags = image.tags.map((tag) => marked(tag, written));
  return {
    ...Object.fromEntries(Object.entries(wanted).filter(([name]) => name in asked)),
    tags: [...tags].sort(),
  };
}

function marked(tag: string, rules: readonly string[]): string {
  const isAdded = tag.startsWith('sha-') && !rules.some((rule) => rule.includes('type=sha'));
  return isAdded ? `${tag} (added)` : tag;
}

function cacheOf({ cacheTo }: PlannedImage): Pick<ExpectedImage, 'cache'> {
  const [entry = ''] = cacheTo;
  return entry.startsWith('type=gha')
    ? { cache: 'gha' }
    : entry.startsWith('type=registry')
      ? { cache: 'registry' }
      : {};
}

const NAMES = readdirSync(FOLDER);

describe.each(NAMES)('%s', (name) => {
  const repository = repositoryAt(join(FOLDER, name));
  const expected = JSON.parse(readFileSync(join(FOLDER, name, 'expected.json'), 'utf8')) as Expected;
  const found = readWorkflows(repository);
  const proposal = propose(repository, found);
  const config = loadConfig({ text: proposal.config.text, origin: 'image-release.yml' });

  const events = Object.entries(EVENTS).filter(([event]) => event in expected);
  if (events.length > 0)
    test.each(events)(
      '%s: the same images, tags, arguments, platforms and caches as before',
      (event, ref) => {
        const wanted = expected[event as 'push to main']!;
        const facts = factsOf(config, {
          source: sourceOf({ ref, ...(ref.type === 'pull-request' && { event: { name: 'pull_request' } }) }),
          environment: { kind: 'actions', cacheService: true },
        });
        const { plan, problems } = planRelease(config, facts, requestOf());
        expect(problems).toEqual([]);
        const rules = [...config.tags, ...config.images.flatMap(({ tags }) => tags ?? [])];
        const nameOf = ({ image, dockerfile }: PlannedImage) =>
          plan.images.filter((other) => other.image === image).length > 1
            ? `${image} of ${dockerfile}`
            : image;
        const planned = Object.fromEntries(
          plan.images.map((image) => {
            const name = nameOf(image);
            return [name, told(image, wanted[name] ?? { tags: [] }, rules)];
          }),
        );
        const sorted = Object.entries(wanted).map(([image, each]) => [
          image,
          { ...each, tags: [...each.tags].sort() },
        ]);
        expect(planned).toEqual(Object.fromEntries(sorted));
      },
    );

  if (found.triggers)
    test('the proposed workflow starts where the old ones published, and by hand', () => {
      const { text } = proposal.workflow!;
      const [workflow] = readYaml({ path: 'build-push.yml', text });
      const { branches, tags, pullRequest, pullRequestBranches, schedule, onDefaultBranch } = readTriggers(
        workflow!,
      );
      expect({ branches, tags, pullRequest, pullRequestBranches, schedule }).toEqual(found.triggers);
      expect(onDefaultBranch).toBe(true);
    });

  test('what the release is told beside its images', () => {
    if (expected.triggers) expect(found.triggers).toEqual(expected.triggers);
    if (expected.sign) expect(config.attest.sign).toBe(expected.sign);
    if (expected.emulation) expect(proposal.workflow?.text).toContain(`      - uses: ${expected.emulation}`);
    if (expected.cacheRef !== undefined) expect(found.images[0]?.cacheRef ?? null).toBe(expected.cacheRef);
    if (expected.environment) expect(found.environment).toEqual(expected.environment);
    expect(found.furtherTags).toEqual(expected.furtherTags ?? []);
    if (expected.provenance) expect(config.attest.provenance).toBe(expected.provenance);
    if (expected.bake) expect(config.bake).toMatchObject(expected.bake);
    expect(found.left.map(({ what }) => what)).toEqual(expected.left ?? []);
    expect(found.replaced).toEqual(expected.replaced ?? []);
    if (expected.deployToken)
      expect(proposal.workflow?.text).toContain(`          deploy-token: ${expected.deployToken}\n`);
    expect(config.deploy).toMatchObject(expected.deploy ?? []);
    expect(proposal.draft.deployOn).toBe(expected.deployOn);
  });

  test('everything that is reported has a place and an advice', () => {
    for (const { place, advice } of found.left) {
      expect(repository.paths).toContain(place.file);
      expect(advice).toMatch(/^(?:\p{Lu}|image-release ).*\.$/u);
    }
  });

  test('the workflow is YAML, and has no variable of a shell in an expression', () => {
    expect(parseDocument(proposal.workflow?.text ?? '').errors).toEqual([]);
    expect(proposal.workflow?.text ?? '').not.toMatch(/\$\{\{\s*\$/);
  });
});

const GUIDE = join(ROOT, 'docs/migrating.md');

test('the guide shows what is proposed', () => {
  const guide = readFileSync(GUIDE, 'utf8');
  const fresh = guide.replace(
    /(<!-- init: (\S+) -->\n```yaml\n)[^`]*(```)/g,
    (_, head: string, name: string, end: string) => {
      const repository = repositoryAt(join(FOLDER, name));
      const { text } = propose(repository, readWorkflows(repository)).config;
      const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
      return `${head}${lines.join('\n')}\n${end}`;
    },
  );
  if (process.env['UPDATE_DOCS'] === '1') writeFileSync(GUIDE, fresh);
  else expect(guide).toBe(fresh);
});
