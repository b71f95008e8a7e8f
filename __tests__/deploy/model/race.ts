import { createHash } from 'node:crypto';
import type { Position } from '../../../src/deploy/order.js';

export const IMAGES = ['api', 'web', 'worker'].map((key) => ({ key, image: `ghcr.io/acme/${key}` }));
export const FILE = 'k8s/kustomization.yml';

/** Tag and digest of an entry in the Kustomization. */
export interface Shown {
  tag: string;
  digest: string;
}

/** One run of the release: its source and the images that it deploys. */
export interface RaceRun {
  name: string;
  source: Position & { run: number };
  /** Position of the source in its history: greater is newer. */
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

/** The files of a branch before its first release. */
export function firstFiles(): Record<string, string> {
  const containers = IMAGES.map(({ key, image }) => `{ name: ${key}, image: ${image} }`).join(', ');
  const pod = `apiVersion: v1\nkind: Pod\nmetadata: { name: all }\nspec: { containers: [${containers}] }\n`;
  return {
    [FILE]: kustomizationOf(firstValues()),
    'k8s/pods.yaml': pod,
    'README.md': 'Acme\n',
  };
}

/** The entries of the Kustomization, read line by line, independent of the code under test. */
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
