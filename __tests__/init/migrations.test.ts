import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { loadConfig } from '../../src/config/load.js';
import type { SourceRef } from '../../src/facts/source.js';
import type { Repository } from '../../src/init/found.js';
import { propose } from '../../src/init/propose.js';
import { readWorkflows } from '../../src/init/workflows/read-workflows.js';
import { planRelease } from '../../src/plan/plan-release.js';
import type { PlannedImage } from '../../src/plan/plan.js';
import { factsOf, requestOf, sourceOf } from '../plan/fixtures.js';
import { ROOT } from '../repository/repository-files.js';

/**
 * Repositories as people write them. `expected.json`, written by hand, has the result of the old workflows for an
 * event; `proposal.txt` is what `init` proposes (UPDATE_PROPOSALS=1 writes it).
 */
const FOLDER = join(ROOT, '__tests__/fixtures/migrations');

/** Settings of an image in the old workflows; absent ones aren't compared. */
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

const EVENTS: Record<string, SourceRef> = {
  'push to main': { type: 'branch', name: 'main' },
  'push to develop': { type: 'branch', name: 'develop' },
  'tag v1.2.3': { type: 'tag', name: 'v1.2.3' },
  'pull request 15': { type: 'pull-request', number: 15, head: 'feature', base: 'main', fork: false },
};

/** Lines that every proposed workflow has. */
const ALWAYS =
  /^$|^name: |^ {2}workflow_dispatch:|^ {4}inputs:|^ {6}(?:images|dry-run):|^ {8}(?:description|default|type):|^concurrency:|^ {2}group:|^jobs:|^ {2}release:|runs-on:|timeout-minutes:|steps:|uses: (?:actions\/checkout|ardenone\/)|^ {10}(?:images|dry-run): /;

function repositoryAt(folder: string): Repository {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !['expected.json', 'proposal.txt'].includes(entry.name))
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

/** An image in the form of `expected.json`; marks the tag that the plan adds. */
function described(image: PlannedImage, asked: ExpectedImage, rules: readonly string[]): ExpectedImage {
  const [cacheTo = ''] = image.cacheTo;
  const cache = /^type=(gha|registry)/.exec(cacheTo)?.[1];
  const all = {
    ...image,
    secrets: Object.fromEntries(image.secrets.map((secret) => [secret.id, 'env' in secret ? secret.env : secret.file])),
    ...(cache !== undefined && { cache }),
  };
  const isAdded = (tag: string) => tag.startsWith('sha-') && !rules.some((rule) => rule.includes('type=sha'));
  const tags = image.tags.map((tag) => (isAdded(tag) ? `${tag} (added)` : tag));
  return {
    ...Object.fromEntries(Object.entries(all).filter(([name]) => name in asked)),
    tags: [...tags].sort(),
  };
}

describe.each(readdirSync(FOLDER))('%s', (name) => {
  const repository = repositoryAt(join(FOLDER, name));
  const expected = JSON.parse(readFileSync(join(FOLDER, name, 'expected.json'), 'utf8')) as Record<
    string,
    Record<string, ExpectedImage>
  >;
  const found = readWorkflows(repository);
  const { config: file, workflow, notes } = propose(repository, found);
  const config = loadConfig({ text: file.text, origin: 'image-release.yml' });

  if (Object.keys(expected).length > 0)
    test.each(Object.entries(expected))(
      'on %s, plans the same images, tags, arguments, platforms and caches as before',
      (event, wanted) => {
        const ref = EVENTS[event]!;
        const facts = factsOf(config, {
          source: sourceOf({ ref, ...(ref.type === 'pull-request' && { event: { name: 'pull_request' } }) }),
          environment: { kind: 'actions', cacheService: true },
        });
        const { plan, problems } = planRelease(config, facts, requestOf());
        expect(problems).toEqual([]);
        const rules = [...config.tags, ...config.images.flatMap(({ tags }) => tags ?? [])];
        const nameOf = ({ image, dockerfile }: PlannedImage) =>
          plan.images.filter((other) => other.image === image).length > 1 ? `${image} of ${dockerfile}` : image;
        const planned = plan.images.map((image) => {
          const key = nameOf(image);
          return [key, described(image, wanted[key] ?? { tags: [] }, rules)] as const;
        });
        const sorted = Object.entries(wanted).map(
          ([image, each]) => [image, { ...each, tags: [...each.tags].sort() }] as const,
        );
        expect(Object.fromEntries(planned)).toEqual(Object.fromEntries(sorted));
      },
    );

  test('proposes the configuration, workflow and notes in `proposal.txt`', () => {
    const path = join(FOLDER, name, 'proposal.txt');
    const comment = /^#.*\n+/gm;
    const own = workflow?.text.split('\n').filter((line) => !ALWAYS.test(line));
    const text = `${file.text.replace(comment, '')}\n${own?.join('\n')}\n${notes.map((note) => `- ${note}\n`).join('')}`;
    if (process.env['UPDATE_PROPOSALS'] === '1') writeFileSync(path, text);
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(repository.paths).toEqual(expect.arrayContaining(found.left.map(({ place }) => place.file)));
    expect(parseDocument(workflow?.text ?? '').errors).toEqual([]);
    // A shell variable has no meaning in an expression.
    expect(workflow?.text).not.toMatch(/\$\{\{\s*\$/);
  });
});

const GUIDE = join(ROOT, 'docs/migrate.md');

test('docs/migrate.md shows the proposed configurations', () => {
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
