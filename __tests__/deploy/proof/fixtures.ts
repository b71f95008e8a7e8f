import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImageEdit } from '../../../src/deploy/kustomization/image-spec.js';
import { editKustomization } from '../../../src/deploy/kustomization/kustomization.js';
import { findKustomize, type Kustomize } from '../../../src/deploy/proof/kustomize.js';
import { prove, type ProofRequest } from '../../../src/deploy/proof/prove.js';
import type { Snapshot, TargetChange, TargetFile } from '../../../src/deploy/target.js';
import { formatPlace, type Problem } from '../../../src/lib/errors.js';

/** Files by path; `{ link }` is a symbolic link. */
export type Tree = Record<string, string | { link: string }>;

/** A branch with these files, as an API serves it. `requests`: the paths of each read. */
export function snapshotOf(tree: Tree): Snapshot & { requests: string[][] } {
  const files = new Map(
    Object.entries(tree).map(([path, content]): [string, TargetFile] => [
      path,
      typeof content === 'string'
        ? { bytes: Buffer.from(content), mode: '100644' }
        : { bytes: Buffer.from(content.link), mode: '120000' },
    ]),
  );
  const requests: string[][] = [];
  return {
    head: 'c0ffee'.padEnd(40, '0'),
    requests,
    list: async () => [...files.keys()],
    async readAll(paths) {
      requests.push([...paths]);
      return new Map([...files].filter(([path]) => paths.includes(path)));
    },
  };
}

/** Edits by the path of the Kustomization. */
export type Edits = Record<string, ImageEdit[]>;

/** The files and expectations of a release, from the real editor. */
export function planEdits(tree: Tree, edits: Edits): Pick<ProofRequest, 'files' | 'expectations'> {
  const files: TargetChange['files'] = [];
  const expectations: ProofRequest['expectations'][number][] = [];
  for (const [path, wanted] of Object.entries(edits)) {
    const bytes = Buffer.from(tree[path] as string);
    const edited = editKustomization({ path, bytes, edits: wanted });
    if (edited.status !== 'changed') throw new Error(`${path} does not change`);
    files.push({ path, bytes: edited.bytes, mode: '100644' });
    const changes = edited.changes.map(({ name, before = name, after }) => ({
      key: 'api',
      name,
      before,
      after,
    }));
    expectations.push({ path, changes });
  }
  return { files, expectations };
}

/** A temporary folder for one test. */
export function scratchFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'proof-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

let installed: { path: string; kustomize: Promise<Kustomize> } | undefined;

/** The installed kustomize, searched for once per PATH. */
export function realKustomize(): Promise<Kustomize> {
  const path = process.env.PATH ?? '';
  if (installed?.path === path) return installed.kustomize;
  installed = { path, kustomize: findKustomize({ env: process.env, temp: tmpdir() }) };
  return installed.kustomize;
}

export async function proofOf(tree: Tree, edits: Edits, kustomize?: Kustomize): Promise<Problem[]> {
  const snapshot = snapshotOf(tree);
  return prove({ snapshot, ...planEdits(tree, edits), kustomize: kustomize ?? (await realKustomize()) });
}

/** `file:line` of a problem. */
export function placed(problem: Problem): string {
  return problem.place ? formatPlace(problem.place) : '';
}

export const OLD = 'ghcr.io/acme/api:main-0000000';
export const NEW = { name: 'ghcr.io/acme/api', tag: 'main-1a2b3c4' };

export function deployment(image = 'ghcr.io/acme/api', name = 'api'): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
  template:
    spec:
      containers:
        - name: main
          image: ${image}
`;
}

export function kustomization(more: string, images = `  - name: ghcr.io/acme/api\n    newTag: main-0000000\n`): string {
  return `apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n${more}images:\n${images}`;
}
