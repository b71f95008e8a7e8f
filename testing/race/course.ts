import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { git } from '../acme.js';
import { FIRST_TAG, IMAGES, type ImageKey } from './runs.js';

/** The repository that is raced on. */
export interface Course {
  bare: string;
  /** A clone with the whole history. */
  checkout: string;
  /** The history of the source, oldest first. */
  commits: string[];
}

const REGISTRY = 'registry.example.org/acme';
const KUSTOMIZATION = 'k8s/kustomization.yaml';

export function referenceOf(key: ImageKey, tag: string): string {
  return `${REGISTRY}/${key}:${tag}`;
}

/** The Kustomization with these tags, every other byte as it was. */
export function kustomizationWith(tags: Partial<Record<ImageKey, string>>): string {
  const entries = IMAGES.map(
    (key) => `  - name: ${REGISTRY}/${key} # ${key}\n    newTag: "${tags[key] ?? FIRST_TAG}"\n`,
  );
  return `# raced on\nresources: [workloads.yaml]\nimages:\n${entries.join('')}`;
}

function workloads(): string {
  return IMAGES.map(
    (key) =>
      `apiVersion: v1\nkind: Pod\nmetadata: { name: ${key} }\nspec: { containers: [{ name: main, image: ${REGISTRY}/${key} }] }\n`,
  ).join('---\n');
}

/** Makes a bare repository with a history of `length` commits, and a clone of it whose origin is `remote`. */
export async function layCourse(dir: string, length: number, seed: number): Promise<Course> {
  const bare = join(dir, 'app.git');
  const checkout = join(dir, 'app');
  await git(dir, ['init', '--quiet', '--bare', '--initial-branch=main', bare]);
  await git(dir, ['clone', '--quiet', bare, checkout]);
  await git(checkout, ['config', 'user.name', 'Acme developer']);
  await git(checkout, ['config', 'user.email', 'developer@acme.example']);
  await git(checkout, ['checkout', '--quiet', '-B', 'main']);
  const images = IMAGES.map((key) => `  ${key}: { context: . }\n`).join('');
  const files = {
    'image-release.yml': `registry: ${REGISTRY}\nimages:\n${images}deploy: k8s\n`,
    [KUSTOMIZATION]: kustomizationWith({}),
    'k8s/workloads.yaml': workloads(),
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(checkout, path)), { recursive: true });
    await writeFile(join(checkout, path), text);
  }
  await git(checkout, ['add', '--all']);
  const commits: string[] = [];
  for (let index = 0; index < length; index++) {
    await git(checkout, ['commit', '--quiet', '--allow-empty', '--message', `Source ${index} of race ${seed}`]);
    commits.push(await git(checkout, ['rev-parse', 'HEAD']));
  }
  await git(checkout, ['push', '--quiet', 'origin', 'main']);
  return { bare, checkout, commits };
}

/** Somebody else's commit on main, put there by compare-and-set however often that is lost. */
export async function landUnrelated(bare: string, name: string): Promise<void> {
  const identity = ['-c', 'user.name=Another', '-c', 'user.email=another@acme.example'];
  for (;;) {
    const head = await git(bare, ['rev-parse', 'main']);
    const tree = await git(bare, ['rev-parse', `${head}^{tree}`]);
    const commit = await git(bare, [...identity, 'commit-tree', tree, '-p', head, '-m', name]);
    try {
      await git(bare, ['update-ref', 'refs/heads/main', commit, head]);
      return;
    } catch {
      // Somebody was quicker.
    }
  }
}

export async function readKustomization(bare: string): Promise<string> {
  return `${await git(bare, ['show', `main:${KUSTOMIZATION}`])}\n`;
}
