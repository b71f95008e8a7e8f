import { chooseCandidates, readOverrideCandidates } from '../../../src/deploy/overrides/overrides.js';
import type { Snapshot, TargetFile } from '../../../src/deploy/target.js';

/** A commit with these files; `asked` collects the paths that are read. */
function commitOf(files: Record<string, Partial<TargetFile> & { text?: string }>, asked: string[] = []): Snapshot {
  const all = new Map(
    Object.entries(files).map(([path, { text = '', mode = '100644', bytes = Buffer.from(text) }]) => [
      path,
      { bytes, mode },
    ]),
  );
  return {
    head: '0'.repeat(40),
    list: async () => [...all.keys()],
    readAll: async (paths) => {
      asked.push(...paths);
      return new Map(paths.flatMap((path) => (all.has(path) ? [[path, all.get(path)!]] : [])));
    },
  };
}

const ARGO = 'apiVersion: argoproj.io/v1alpha1\nkind: Application\n';

test('reads files that may contain Argo CD or Flux resources, and returns those that do', async () => {
  const asked: string[] = [];
  const snapshot = commitOf(
    {
      'argo/app.yaml': { text: ARGO },
      'clusters/prod/shop.yml': { text: 'apiVersion: kustomize.toolkit.fluxcd.io/v1\n' },
      'clusters/prod/source.yml': { text: 'apiVersion: source.toolkit.fluxcd.io/v1\n' },
      'k8s/.argocd-source-shop.yaml': { text: 'kustomize:\n  images: []\n' },
      '.argocd/app.yaml': { text: ARGO },
      'k8s/deployment.yaml': { text: 'apiVersion: apps/v1\n' },
      'k8s/link.yaml': { text: ARGO, mode: '120000' },
      'k8s/huge.yaml': { bytes: Buffer.from(ARGO.padEnd(300 * 1024, '#')) },
      '.github/workflows/release.yml': { text: ARGO },
      'charts/shop/templates/app.yaml': { text: ARGO },
      'node_modules/x/app.yaml': { text: ARGO },
      'README.md': { text: ARGO },
    },
    asked,
  );
  expect([...(await readOverrideCandidates(snapshot)).keys()].sort()).toEqual([
    '.argocd/app.yaml',
    'argo/app.yaml',
    'clusters/prod/shop.yml',
    'clusters/prod/source.yml',
    'k8s/.argocd-source-shop.yaml',
  ]);
  expect(asked.filter((path) => /github|charts|node_modules|README/.test(path))).toEqual([]);
});

test('chooses the 300 most likely files', () => {
  const paths = Array.from({ length: 2000 }, (_, index) => `data/${index}.yaml`);
  const chosen = chooseCandidates([...paths, 'gitops/shop.yaml', 'a/b/c/argocd.yml', 'x/.argocd-source.yaml']);
  expect(chosen).toHaveLength(300);
  expect(chosen.slice(0, 3)).toEqual(['x/.argocd-source.yaml', 'gitops/shop.yaml', 'a/b/c/argocd.yml']);
});
