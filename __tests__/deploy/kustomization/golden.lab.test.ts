/** @programs kustomize */
import { type Problem, ReleaseError } from '../../../src/lib/errors.js';
import { realKustomize } from '../proof/fixtures.js';
import { createWorld, FILE } from '../rollout-world.js';
import { BASE, KUSTOMIZATION } from '../stage.js';

test('fails before the commit if the entry matches no image in the build', async () => {
  const pods = BASE['base/pods.yml']
    .replace('acme/api', 'acme/apis')
    .replace('kind: Pod', 'apiVersion: v1\nkind: Pod\nmetadata: { name: p }');
  const files = { [FILE]: KUSTOMIZATION, ...BASE, 'base/pods.yml': pods };
  const world = createWorld({}, files);
  const before = world.head();
  const error: unknown = await world
    .release(world.source(), { kustomize: await realKustomize() })
    .catch((thrown: unknown) => thrown);
  const problems: readonly Problem[] = error instanceof ReleaseError ? error.problems : [];
  expect(problems.map(({ code, place }) => [code, place?.file])).toEqual([['deploy/image-unmatched', FILE]]);
  expect(world.head()).toBe(before);
});
