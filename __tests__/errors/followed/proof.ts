import { deployment, kustomization, NEW, proofOf, type Tree } from '../../deploy/proof/fixtures.js';
import type { FollowedFix } from '../followed-fix.js';

const K = 'k8s/kustomization.yaml';
const APP = 'k8s/app.yaml';
const RESOURCES = 'resources: [app.yaml]\n';
const proved = (tree: Tree, ...program: Parameters<typeof proofOf>[2][]) => proofOf(tree, { [K]: [NEW] }, ...program);

/** Trees before and after following the fix. */
const mended = (code: FollowedFix['code'], before: Tree, says: RegExp, after: Tree): FollowedFix => ({
  code,
  provoke: () => proved(before),
  follow({ fix }) {
    expect(fix).toMatch(says);
    return proved(after);
  },
});

export const proofFixes: FollowedFix[] = [
  mended(
    'deploy/image-unmatched',
    { [K]: kustomization(RESOURCES), [APP]: deployment('ghcr.io/acme/apis:v1') },
    /^Did you mean ghcr\.io\/acme\/apis\?/,
    { [K]: kustomization(RESOURCES), [APP]: deployment('ghcr.io/acme/api:v1') },
  ),
  {
    code: 'deploy/image-unmatched',
    variant: 'an image that remains',
    provoke: () => proofOf(withJob('ghcr.io/acme/api:main-0000000'), { [K]: [{ name: 'api', tag: NEW.tag }] }),
    follow({ fix }) {
      const [, name = ''] = /^Write the image there as (\S+), so that/.exec(fix) ?? [];
      return proofOf(withJob(name), { [K]: [{ name: 'api', tag: NEW.tag }] });
    },
  },
  mended(
    'deploy/kustomize-rejects',
    { [K]: kustomization('resources: [app.yaml, service.yaml]\n'), [APP]: deployment() },
    /^Correct the Kustomization as the message says/,
    { [K]: kustomization(RESOURCES), [APP]: deployment() },
  ),
  mended(
    'deploy/kustomize-unproved',
    { [K]: kustomization('resources: [app.yaml, https://127.0.0.1:1/base.yaml]\n'), [APP]: deployment() },
    /keep a copy of the base in the repository/,
    {
      [K]: kustomization('resources: [app.yaml, base.yaml]\n'),
      [APP]: deployment(),
      'k8s/base.yaml': deployment('busybox', 'b'),
    },
  ),
  mended(
    'deploy/kustomize-unrestricted',
    { [K]: kustomization('resources: [../shared/app.yaml]\n'), 'shared/app.yaml': deployment() },
    /or move the files\.$/,
    { [K]: kustomization(RESOURCES), [APP]: deployment() },
  ),
];

/** A tree with an entry for `api` and a job that names the image literally. */
function withJob(image: string): Tree {
  return {
    [K]: kustomization(
      'resources: [app.yaml, job.yaml]\n',
      '  - {name: api, newName: ghcr.io/acme/api, newTag: main-0000000}\n',
    ),
    [APP]: deployment('api'),
    'k8s/job.yaml': deployment(image, 'migrate'),
  };
}
