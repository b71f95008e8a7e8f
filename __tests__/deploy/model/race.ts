import { createHash } from 'node:crypto';
import type { Position } from '../../../src/deploy/order.js';
import { pick } from '../../../testing/random.js';
import type { MemoryRemote } from '../../../testing/memory-remote/remote.js';

export const IMAGES = ['api', 'web', 'worker'].map((key) => ({ key, image: `ghcr.io/acme/${key}` }));
export const FILE = 'k8s/kustomization.yml';

/** What an entry of the Kustomization shows. */
export interface Shown {
  tag: string;
  digest: string;
}

/** A commit of the source, with what each image is worth there. */
export interface SourceCommit {
  commit: string;
  /** By image key; what the commit did not change, or what it reverted, is worth what an earlier one was. */
  values: ReadonlyMap<string, Shown>;
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

/** Somebody pushes: a commit that changes some images, or takes some back to what they were worth before. */
export function pushSource(
  remote: MemoryRemote,
  branch: string,
  past: readonly SourceCommit[],
  random: () => number,
): SourceCommit {
  const commit = remote.land(branch, { 'src/main.ts': `export const step = ${past.length};\n` }, 'Work\n');
  const values = new Map(
    IMAGES.map(({ key }): [string, Shown] => {
      const before = past.at(-1)?.values.get(key) ?? firstValue(key);
      const chance = random();
      if (chance < 0.45) return [key, before];
      if (chance < 0.6 && past.length > 0) return [key, pick(past, random).values.get(key) as Shown];
      return [key, { tag: `main-${commit.slice(0, 7)}`, digest: digestOf(key, commit) }];
    }),
  );
  return { commit, values };
}

/** A run for one of the sources: usually the last, now and then an old one again. */
export function planRun(number: number, sources: readonly SourceCommit[], random: () => number): RaceRun {
  const age = random() < 0.7 ? sources.length - 1 : Math.floor(random() * sources.length);
  const { commit, values } = sources[age] as SourceCommit;
  const images = IMAGES.filter(() => random() < 0.45);
  const rebuilt = random() < 0.3;
  return {
    name: `run-${number}`,
    source: { repository: 'acme/app', commit, run: 1000 + number },
    age,
    rollouts: (images.length > 0 ? images : [pick(IMAGES, random)]).map(({ key, image }) => {
      const value = values.get(key) as Shown;
      const digest = rebuilt ? digestOf(key, commit, number) : value.digest;
      return { key, image, releaseTag: rebuilt ? `main-${commit.slice(0, 7)}` : value.tag, digest };
    }),
  };
}
