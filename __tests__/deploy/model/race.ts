import { createHash } from 'node:crypto';
import type { Position } from '../../../src/deploy/order.js';

export const IMAGES = ['api', 'web', 'worker'].map((key) => ({ key, image: `ghcr.io/acme/${key}` }));
export const FILE = 'k8s/kustomization.yml';

/** What an entry of the Kustomization shows. */
export interface Shown {
  tag: string;
  digest: string;
}

/** One run of the release: what it was built from, and the images that it rolls out. */
export interface RaceRun {
  name: string;
  source: Position & { run: number };
  /** Place of the source in its history: the greater, the newer. */
  age: number;
  rollouts: { key: string; image: string; releaseTag: string; digest: string }[];
}

export const firstValue = (key: string): Shown => ({ tag: 'main-0000000', digest: digestOf(key, 'first') });

export const digestOf = (...words: (string | number)[]) =>
  `sha256:${createHash('sha256').update(words.join(' ')).digest('hex')}`;

export function kustomizationOf(values: ReadonlyMap<string, Shown>): string {
  const entries = IMAGES.map(({ key, image }) => {
    const { tag, digest } = values.get(key) as Shown;
    return `  - name: ${image}\n    newTag: ${tag}\n    digest: ${digest}\n`;
  });
  return `# who deploys what\nresources: [pods.yaml]\nimages:\n${entries.join('')}`;
}

/** The files of a branch that nobody has released to yet. */
export function firstFiles(): Record<string, string> {
  const containers = IMAGES.map(({ key, image }) => `{ name: ${key}, image: ${image} }`).join(', ');
  const pod = `apiVersion: v1\nkind: Pod\nmetadata: { name: all }\nspec: { containers: [${containers}] }\n`;
  return {
    [FILE]: kustomizationOf(firstValues()),
    'k8s/pods.yaml': pod,
    'README.md': 'Acme\n',
  };
}

/** The entries of the Kustomization on the branch: read by lines, not by the code that is tested. */
export function shownIn(text: string): Map<string, Shown> {
  return new Map(
    IMAGES.map(({ key, image }) => {
      const entry = text.split('  - name: ').find((part) => part.startsWith(`${image}\n`)) ?? '';
      const [, tag = '', digest = ''] = /newTag: (\S+)\n {4}digest: (\S+)\n/.exec(entry) ?? [];
      return [key, { tag, digest }];
    }),
  );
}

export function firstValues(): Map<string, Shown> {
  return new Map(IMAGES.map(({ key }) => [key, firstValue(key)]));
}
