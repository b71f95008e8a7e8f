import { checkDeploy, deploy } from '../../src/deploy/deploy.js';
import type { DeployTarget } from '../../src/deploy/target.js';
import { API, FRONTEND, planned, problemsOf } from './requests.js';
import { createWorld, FILE } from './rollout-world.js';
import { BASE, KUSTOMIZATION } from './stage.js';

const FRONTEND_TAG = "    newTag: 'main-0000000'";

test('keeps a newer tag that was edited into the file by hand', async () => {
  const world = createWorld();
  const [a, b, c] = [world.source(), world.source(), world.source()];
  await world.release(a);
  world.remote.land('main', { [FILE]: world.text().replace(`newTag: ${a.tag}`, `newTag: ${c.tag}`) });
  expect((await world.release(b)).deployments).toMatchObject([
    {
      status: 'committed',
      images: ['frontend'],
      superseded: [{ key: 'api', by: { tag: c.tag, reason: 'file' } }],
    },
  ]);
  expect(world.tags()).toEqual([c.tag, b.tag]);
});

test('two repositories can release different images to the same channel', async () => {
  const world = createWorld();
  const [a, b] = [world.source(), world.source('other')];
  const of = (repository: string, { commit, run }: typeof a) => ({ source: { repository, commit, run } });
  await world.release(a, { ...of('acme/api', a), rollouts: [{ ...API, releaseTag: a.tag }] });
  await world.release(b, { ...of('acme/web', b), rollouts: [{ ...FRONTEND, releaseTag: b.tag }] });
  expect(world.tags()).toEqual([a.tag, b.tag]);
  expect(world.entry().newest.repository).toBe('acme/api');
  expect(world.entry('ghcr.io/acme/frontend').newest.repository).toBe('acme/web');
});

test('refuses an image that another repository released before, and names that repository', async () => {
  const world = createWorld();
  const [a, b] = [world.source(), world.source()];
  await world.release(a, { source: { repository: 'acme/old', commit: a.commit, run: a.run } });
  const problems = await problemsOf(
    world.release(b, { source: { repository: 'acme/new', commit: b.commit, run: b.run } }),
  );
  expect(problems.map(({ code }) => code)).toEqual(['deploy/order-unknown', 'deploy/order-unknown']);
  expect(problems[0]?.message).toContain('of acme/old');
});

test('deploy and check report an unknown order together with all other problems, and write nothing', async () => {
  const world = createWorld();
  const [a, b] = [world.source(), world.source('beside')];
  await world.release(a);
  const before = world.remote.refs();
  const more = { deploys: [planned(), planned('nowhere')] };
  const codes = ['deploy/kustomization-missing', 'deploy/order-unknown', 'deploy/order-unknown'];
  expect((await problemsOf(world.release(b, more))).map(({ code }) => code)).toEqual(codes);
  const found = await checkDeploy(world.request(b, more));
  expect(found.filter(({ severity }) => severity === 'error').map(({ code }) => code)).toEqual(codes);
  expect(world.remote.refs()).toBe(before);
});

test('reads the branch again if it lags behind its ledger', async () => {
  const world = createWorld();
  const [a, b] = [world.source(), world.source()];
  await world.release(a);
  let lagging = 2;
  const lag = (operation: string) =>
    operation === 'snapshot' && lagging-- > 0 ? ({ type: 'lag', moves: 1 } as const) : undefined;
  const { deployments } = await world.release(b, {}, { fault: lag });
  expect(deployments).toMatchObject([{ status: 'committed', lostRaces: 0 }]);
  expect(lagging).toBeLessThanOrEqual(0);
});

test('deploys to a branch that was reset by hand to before the last deploy commit', async () => {
  const world = createWorld();
  const first = world.head();
  const [a, b] = [world.source(), world.source()];
  await world.release(a);
  world.remote.move(new Map(world.remote.refs()).set('refs/heads/main', first));
  expect((await world.release(b)).deployments).toMatchObject([{ status: 'committed' }]);
  expect(world.tags()).toEqual([b.tag, b.tag]);
});

test('adds a missing entry only with `missing: add`', async () => {
  const api = KUSTOMIZATION.slice(0, KUSTOMIZATION.indexOf('  - name: frontend'));
  const pods = BASE['base/pods.yml'].replace('image: frontend', 'image: ghcr.io/acme/frontend');
  const world = createWorld({}, { [FILE]: api, ...BASE, 'base/pods.yml': pods });
  const a = world.source();
  expect(await problemsOf(world.release(a))).toMatchObject([{ code: 'deploy/entry-missing' }]);
  await world.release(a, { deploys: [planned(FILE, 'main', { missing: 'add' })] });
  expect(world.text()).toBe(
    `${api.replace('main-0000000', a.tag)}  - name: ghcr.io/acme/frontend\n    newTag: ${a.tag}\n`,
  );
});

test('names an added entry as configured in `names`, with the image as newName', async () => {
  const api = KUSTOMIZATION.slice(0, KUSTOMIZATION.indexOf('  - name: frontend'));
  const world = createWorld({}, { ...BASE, [FILE]: api });
  const a = world.source();
  const target = { missing: 'add', names: { frontend: 'frontend' } } as const;
  await world.release(a, { deploys: [planned(FILE, 'main', target)] });
  expect(world.text()).toBe(
    `${api.replace('main-0000000', a.tag)}  - name: frontend\n    newName: ghcr.io/acme/frontend\n    newTag: ${a.tag}\n`,
  );
});

test('changes only the tag and keeps every other byte of the file', async () => {
  const world = createWorld();
  const a = world.source();
  await world.release(a, { rollouts: [{ ...FRONTEND, releaseTag: a.tag }] });
  expect(world.text()).toBe(KUSTOMIZATION.replace(FRONTEND_TAG, `    newTag: '${a.tag}'`));
});

describe('a deploy ends', () => {
  test('with an error and without a commit if it loses every race', async () => {
    const world = createWorld();
    let landed = 0;
    const travel = async (operation: string) => {
      if (operation === 'commit') world.remote.land('main', { 'other.txt': `${++landed}\n` });
    };
    const [problem] = await problemsOf(world.release(world.source(), {}, { travel }));
    expect(problem).toMatchObject({ code: 'deploy/gave-up' });
    expect(world.deployCommits()).toBe(0);
  });

  test('after six commit attempts with unknown outcome, and names one that may still land', async () => {
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

  test('with the commit that landed if the run is cancelled and the answer is lost', async () => {
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
    ['with an error about a commit that may still land', 'hangs' as const],
  ])('%s if the run is cancelled and the server stops answering', async (_, what) => {
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

describe('Kustomizations by pattern', () => {
  const only = (name: string) => `resources: [../../base]\nimages:\n  - name: ${name}\n    newTag: main-0000000\n`;
  const deploys = [planned('k8s/*')];

  test('update each image in the files that have an entry for it', async () => {
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

  test('report an image without any entry once, and list the files', async () => {
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
