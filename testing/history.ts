import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRandom, pick } from './random.js';

/** One commit of a made-up repository, and what of it each image is made of. */
export interface HistoryCommit {
  id: string;
  kind: CommitKind;
  /** By image: equal texts mean equal inputs, whatever else has changed. */
  content: Record<ImageKey, string>;
}

type ImageKey = 'api' | 'web';

/**
 * As often as in the repository whose history was looked at: most changes are the frontend's, many touch no
 * image, some take an earlier change back.
 */
const KINDS = {
  web: 58,
  api: 12,
  both: 4,
  docs: 9,
  'tests and ignored files': 8,
  'deploy commit': 5,
  revert: 4,
} as const;
type CommitKind = keyof typeof KINDS;

type Files = Map<string, string>;

const FIXED: Record<string, string> = {
  'image-release.yml': 'registry: 127.0.0.1:1/history\nimages: { api: , web: }\ndeploy: k8s/kustomization.yml\n',
  'k8s/kustomization.yml': 'images:\n  - name: api\n    newTag: "0"\n',
  'api/Dockerfile': 'FROM scratch\nARG MODE\nCOPY package*.json ./\nCOPY src ./src\n',
  'api/.dockerignore': '**/*.test.js\n',
  'api/package.json': '{"name":"api"}\n',
  'web/Dockerfile': 'FROM scratch AS build\nCOPY . .\nFROM scratch\nCOPY --from=build /app /app\n',
  'web/.dockerignore': 'node_modules\n**/*.md\n.dockerignore\nDockerfile\nstories\n',
  'web/package.json': '{"name":"web"}\n',
};

/**
 * Writes a repository with a history of its own: the same for the same seed.
 * @param folder is made; the last commit is checked out
 */
export function writeHistory(folder: string, options: { commits: number; seed: number }): HistoryCommit[] {
  const random = createRandom(options.seed);
  const files: Files = new Map(Object.entries(FIXED));
  for (const path of sources()) files.set(path, 'first\n');
  const history: Omit<HistoryCommit, 'id'>[] = [];
  const snapshots: Files[] = [];
  const stream: string[] = [];
  for (let index = 0; index < options.commits; index++) {
    const kind = index === 0 ? 'both' : drawKind(random);
    const earlier = new Map(files);
    change(kind, files, snapshots, random, index);
    stream.push(commitOf(index, kind, earlier, files));
    snapshots.push(new Map(files));
    history.push({ kind, content: { api: contentOf(files, isApi), web: contentOf(files, isWeb) } });
  }
  mkdirSync(folder, { recursive: true });
  const git = (args: string[], input?: string) =>
    execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8', input, maxBuffer: 1 << 28 });
  git(['init', '--quiet', '--initial-branch=main']);
  git(['fast-import', '--quiet'], stream.join(''));
  git(['reset', '--quiet', '--hard', 'main']);
  const ids = git(['rev-list', '--reverse', 'main']).trim().split('\n');
  return history.map((commit, index) => ({ ...commit, id: ids[index]! }));
}

function sources(): string[] {
  const numbered = (count: number, name: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => name(index));
  return [
    ...numbered(12, (index) => `api/src/module-${index}.js`),
    ...numbered(30, (index) => `web/app/page-${index}/index.js`),
    ...numbered(10, (index) => `web/lib/part-${index}.js`),
  ];
}

/** As the Dockerfile and the ignore file of the image say. */
function isApi(path: string): boolean {
  return /^api\/(package[^/]*\.json$|src\/|Dockerfile$)/.test(path) && !path.endsWith('.test.js');
}

function isWeb(path: string): boolean {
  if (!path.startsWith('web/')) return false;
  return path === 'web/Dockerfile' || !/\.md$|\/node_modules\/|\.dockerignore$|^web\/stories\//.test(path);
}

function contentOf(files: Files, counts: (path: string) => boolean): string {
  const entries = [...files].filter(([path]) => counts(path)).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(entries);
}

function drawKind(random: () => number): CommitKind {
  const kinds = Object.entries(KINDS) as [CommitKind, number][];
  const all = kinds.reduce((sum, [, weight]) => sum + weight, 0);
  let at = random() * all;
  for (const [kind, weight] of kinds) {
    at -= weight;
    if (at < 0) return kind;
  }
  return 'docs';
}

function change(kind: CommitKind, files: Files, snapshots: readonly Files[], random: () => number, index: number) {
  const edit = (path: string) => files.set(path, `${files.get(path) ?? ''}${index}\n`);
  const existing = (prefix: string) => [...files.keys()].filter((path) => path.startsWith(prefix));
  const editSome = (prefix: string) => {
    for (let count = 1 + Math.floor(random() * 3); count > 0; count--) edit(pick(existing(prefix), random));
    if (random() < 0.15) edit(`${prefix}new-${index}.js`);
  };
  switch (kind) {
    case 'web':
      editSome(random() < 0.8 ? 'web/app/' : 'web/lib/');
      break;
    case 'api':
      editSome('api/src/');
      break;
    case 'both':
      editSome('api/src/');
      editSome('web/lib/');
      break;
    case 'docs':
      edit(pick(['README.md', 'docs/guide.md', 'web/README.md', 'api/NOTES.md'], random));
      break;
    case 'tests and ignored files':
      edit(pick(['api/src/module-1.test.js', 'api/test/all.js', 'web/stories/page.js', 'web/app/NOTES.md'], random));
      break;
    case 'deploy commit':
      files.set('k8s/kustomization.yml', `images:\n  - name: api\n    newTag: "${index}"\n`);
      break;
    case 'revert': {
      const back = snapshots[Math.max(0, snapshots.length - 2 - Math.floor(random() * 5))] ?? files;
      files.clear();
      for (const [path, text] of back) files.set(path, text);
    }
  }
}

/** In the grammar of `git fast-import`. */
function commitOf(index: number, kind: string, before: Files, after: Files): string {
  const who = `History <history@example.com> ${1_700_000_000 + index * 3600} +0000`;
  const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const written = [...after].filter(([path, text]) => index === 0 || before.get(path) !== text);
  const gone = [...before.keys()].filter((path) => !after.has(path));
  return [
    `commit refs/heads/main\ncommitter ${who}\n${data(`${index}: ${kind}`)}`,
    ...written.map(([path, text]) => `M 100644 inline ${path}\n${data(text)}`),
    ...gone.map((path) => `D ${path}\n`),
    '\n',
  ].join('');
}
