import { deploy } from '../../src/deploy/deploy.js';
import type { DeployTarget } from '../../src/deploy/target.js';
import { problemsOf } from './requests.js';
import { createWorld } from './rollout-world.js';

describe('it ends', () => {
  test('after forty lost races, and says that nothing was committed', async () => {
    const world = createWorld();
    let landed = 0;
    const travel = async (operation: string) => {
      if (operation === 'commit') world.remote.land('main', { 'other.txt': `${++landed}\n` });
    };
    const [problem] = await problemsOf(world.release(world.source(), {}, { travel }));
    expect(problem).toMatchObject({ code: 'deploy/gave-up' });
    expect(world.deployCommits()).toBe(0);
  });

  test('after six tries without a verdict, and names the commits that may still land', async () => {
    const world = createWorld();
    let commits = 0;
    const fault = (operation: string) => {
      if (operation !== 'commit') return undefined;
      commits += 1;
      return { type: 'lost-before-landing' } as const;
    };
    const [problem] = await problemsOf(world.release(world.source(), {}, { fault }));
    expect(problem).toMatchObject({ code: 'deploy/gave-up' });
    expect(problem?.detail).toContain('Image-Release-Id: run-1.1');
    expect(commits).toBe(6);
  });

  test('with the commit that landed when the run is cancelled while its answer is awaited', async () => {
    const world = createWorld();
    const controller = new AbortController();
    const fault = (operation: string) => {
      if (operation !== 'commit') return undefined;
      controller.abort();
      return { type: 'lost-after-landing' } as const;
    };
    const { deployments } = await world.release(world.source(), { signal: controller.signal }, { fault });
    expect(deployments).toMatchObject([{ status: 'committed', commit: world.head() }]);
  });

  test.each([
    ['with the commit that landed', 'lands' as const],
    ['with what may still land', 'hangs' as const],
  ])('%s when the run is cancelled and the server does not answer any more', async (_, what) => {
    const world = createWorld();
    const controller = new AbortController();
    const request = world.request(world.source(), { signal: controller.signal });
    const openTarget = (place: { branch: string }) => {
      const target = request.openTarget(place);
      const commit: DeployTarget['commit'] = async (change) => {
        if (what === 'lands') await target.commit(change);
        controller.abort();
        return new Promise<never>(() => {});
      };
      return { ...target, commit };
    };
    const ended = deploy({ ...request, openTarget });
    if (what === 'lands') {
      expect((await ended).deployments).toMatchObject([{ status: 'committed', commit: world.head() }]);
    } else {
      await expect(ended).rejects.toThrow(/A commit may still land on .*"Image-Release-Id: run-1.1"/);
    }
  });
});
