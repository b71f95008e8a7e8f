import { planned, problemsOf } from './requests.js';
import { createWorld } from './rollout-world.js';
import { BASE } from './stage.js';

describe('Kustomizations by pattern', () => {
  const only = (name: string) => `resources: [../../base]\nimages:\n  - name: ${name}\n    newTag: main-0000000\n`;
  const deploys = [planned('k8s/*')];

  test('each image goes to the files that have an entry for it', async () => {
    const world = createWorld(
      {},
      {
        'k8s/a/kustomization.yml': only('ghcr.io/acme/api'),
        'k8s/b/kustomization.yml': only('frontend').replace(
          '    newTag',
          '    newName: ghcr.io/acme/frontend\n    newTag',
        ),
        'k8s/c/kustomization.yml': only('ghcr.io/acme/worker'),
        ...BASE,
      },
    );
    expect((await world.release(world.source(), { deploys })).deployments).toMatchObject([
      { status: 'committed', kustomization: 'k8s/a/kustomization.yml', images: ['api'] },
      { status: 'committed', kustomization: 'k8s/b/kustomization.yml', images: ['frontend'] },
    ]);
    expect(world.deployCommits()).toBe(1);
  });

  test('an image without an entry in any of them is one problem that names them', async () => {
    const world = createWorld(
      {},
      {
        'k8s/a/kustomization.yml': only('ghcr.io/acme/api'),
        'k8s/b/kustomization.yml': only('ghcr.io/acme/api'),
        ...BASE,
      },
    );
    const problems = await problemsOf(world.release(world.source(), { deploys }));
    expect(problems).toMatchObject([{ code: 'deploy/entry-missing', image: 'frontend' }]);
    expect(problems[0]?.message).toContain('k8s/a/kustomization.yml, k8s/b/kustomization.yml');
  });
});
