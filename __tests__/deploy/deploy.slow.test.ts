import { jest } from '@jest/globals';
import { deploy, type DeployRequest } from '../../src/deploy/deploy.js';
import type { Deployment } from '../../src/deploy/deployment.js';
import { readTrailer } from '../../src/deploy/commit-message.js';
import { API, DIGEST, SOURCE, changedLines, planned, problemsOf, request, rollOut } from './requests.js';
import { BASE, createStage, KUSTOMIZATION, type Kind, type Stage } from './stage.js';

jest.setTimeout(60_000);

const commitsAfter = (stage: Stage, base: string) => Number(stage.git('rev-list', '--count', `${base}..main`));
const tagAt = (stage: Stage, path = 'k8s/kustomization.yml') => stage.git('show', `main:${path}`);
const statuses = (deployments: Deployment[]) => deployments.map(({ status }) => status);

describe.each<Kind>(['git over HTTP', 'the GitHub API'])('a deploy through %s', (kind) => {
  let stage: Stage;
  const start = async (...args: [files?: Record<string, string>, executable?: string[]]) => {
    stage = await createStage(kind, ...args);
    return stage;
  };
  const startEmpty = async () => {
    stage = await createStage(kind, null);
    return stage;
  };
  afterEach(async () => {
    expect(stage.github.faults.pending()).toEqual([]);
    await stage.close();
  });

  test('changes exactly the two tags in one commit that says what and from where', async () => {
    await start();
    const base = stage.head();
    const [deployment] = await rollOut(stage);
    expect(changedLines(stage, base)).toEqual([
      '-    newTag: main-0000000',
      '+    newTag: main-1a2b3c4',
      `-    newTag: 'main-0000000' # {"$imagepolicy": "flux-system:frontend:tag"}`,
      `+    newTag: 'main-1a2b3c4' # {"$imagepolicy": "flux-system:frontend:tag"}`,
    ]);
    expect(commitsAfter(stage, base)).toBe(1);
    expect(deployment).toMatchObject({
      status: 'committed',
      commit: stage.head(),
      branch: 'main',
      lostRaces: 0,
    });
    const message = stage.git('log', '-1', '--format=%B', 'main');
    expect(message.split('\n')[0]).toBe('Deploy api, frontend main-1a2b3c4');
    expect(readTrailer(message, 'Image-Release-Source')).toBe(SOURCE);
    expect(readTrailer(message, 'Image-Release-Run')).toBe('42');
    expect(readTrailer(message, 'Image-Release-Id')).toBe('test-id.1');
  });

  test('commits nothing when the values stand there already', async () => {
    await start();
    await rollOut(stage);
    const head = stage.head();
    expect(statuses(await rollOut(stage))).toEqual(['unchanged']);
    expect(stage.head()).toBe(head);
  });

  test('a race lost to another file ends in one commit on top, with both changes', async () => {
    await start();
    let winner = '';
    stage.beforeNextCommit(() => (winner = stage.land({ 'docs/other.md': 'other\n' })));
    const [deployment] = await rollOut(stage);
    expect(deployment).toMatchObject({ status: 'committed', lostRaces: 1 });
    expect(stage.git('rev-parse', 'main^')).toBe(winner);
    expect(stage.git('show', 'main:docs/other.md')).toBe('other');
    expect(tagAt(stage)).toContain('newTag: main-1a2b3c4');
  });

  test('a race lost to the other image in the same file keeps both tags', async () => {
    await start();
    stage.beforeNextCommit(() =>
      stage.land({ 'k8s/kustomization.yml': KUSTOMIZATION.replace("'main-0000000'", "'main-9999999'") }),
    );
    await rollOut(stage, { rollouts: [API] });
    expect(tagAt(stage)).toContain('newTag: main-1a2b3c4');
    expect(tagAt(stage)).toContain("newTag: 'main-9999999'");
  });

  test('a race lost to somebody who did the same ends without a commit', async () => {
    await start();
    const done = KUSTOMIZATION.replaceAll('main-0000000', 'main-1a2b3c4');
    stage.beforeNextCommit(() => stage.land({ 'k8s/kustomization.yml': done }));
    const base = stage.head();
    expect(statuses(await rollOut(stage))).toEqual(['unchanged']);
    expect(commitsAfter(stage, base)).toBe(1);
  });

  test('three lost races in a row are no failure', async () => {
    await start();
    for (const name of ['a', 'b', 'c']) stage.beforeNextCommit(() => stage.land({ [name]: name }));
    const [deployment] = await rollOut(stage);
    expect(deployment).toMatchObject({ status: 'committed', lostRaces: 3 });
    expect(stage.git('log', '-1', '--format=%B', 'main')).toContain('Image-Release-Id: test-id.4');
  });

  test('a write whose answer is lost succeeds, and is made once', async () => {
    await start();
    const base = stage.head();
    await stage.loseNextAnswer();
    const [deployment] = await rollOut(stage);
    expect(stage.results.map(({ status }) => status)).not.toContain('committed');
    expect(deployment).toMatchObject({ status: 'committed', commit: stage.head() });
    expect(commitsAfter(stage, base)).toBe(1);
  });

  test('a write whose answer is lost is found below what others put on top', async () => {
    await start();
    await stage.loseNextAnswer();
    const base = stage.head();
    const target = stage.openTarget();
    const own: DeployRequest['openTarget'] = () => ({
      ...target,
      async commit(change) {
        const result = await target.commit(change);
        stage.land({ 'on-top.txt': 'x\n' });
        return result;
      },
    });
    const [deployment] = await rollOut(stage, { openTarget: own });
    expect(deployment).toMatchObject({ status: 'committed', commit: stage.git('rev-parse', 'main^') });
    expect(commitsAfter(stage, base)).toBe(2);
  });

  test('executable bits and all other files stay as they are', async () => {
    await start({ 'k8s/kustomization.yml': KUSTOMIZATION, 'run.sh': 'true\n', ...BASE }, [
      'k8s/kustomization.yml',
      'run.sh',
    ]);
    const modes = () => stage.git('ls-tree', '-r', '--format=%(objectmode) %(path)', 'main');
    const before = modes();
    await rollOut(stage);
    expect(modes()).toBe(before);
    expect(before).toContain('100755 k8s/kustomization.yml');
  });

  test('several Kustomizations, one given by its folder, change in one commit', async () => {
    await start({ 'a/kustomization.yaml': KUSTOMIZATION, 'b/kustomization.yml': KUSTOMIZATION, ...BASE });
    const base = stage.head();
    const deploys = [planned('a/'), planned('./b/kustomization.yml')];
    const deployments = await rollOut(stage, { deploys });
    expect(deployments).toMatchObject([
      { status: 'committed', kustomization: 'a/kustomization.yaml', commit: stage.head() },
      { status: 'committed', kustomization: 'b/kustomization.yml', commit: stage.head() },
    ]);
    expect(commitsAfter(stage, base)).toBe(1);
  });

  test('a symbolic link is not replaced by a file', async () => {
    await start();
    const blob = stage.git('rev-parse', 'main:README.md');
    stage.git('update-index', '--add', '--cacheinfo', `120000,${blob},k8s/kustomization.yml`);
    const tree = stage.git('write-tree');
    stage.git('update-ref', 'refs/heads/main', stage.git('commit-tree', '-m', 'Link', tree));
    const head = stage.head();
    const problems = await problemsOf(deploy(request(stage)));
    expect(problems.map(({ code }) => code)).toEqual(['deploy/kustomization-missing']);
    expect(stage.head()).toBe(head);
  });

  test('all problems of all Kustomizations come together, and nothing is written', async () => {
    await start({
      'good/kustomization.yml': KUSTOMIZATION,
      'poor/kustomization.yml': KUSTOMIZATION.replace('ghcr.io/acme/api', 'ghcr.io/acme/other'),
    });
    const head = stage.head();
    const deploys = [planned('good'), planned('poor'), planned('goood/kustomization.yml'), planned('../x')];
    const problems = await problemsOf(deploy(request(stage, { deploys })));
    expect(problems.map(({ code }) => code)).toEqual([
      'deploy/entry-missing',
      'deploy/kustomization-missing',
      'deploy/kustomization-missing',
    ]);
    expect(problems[0]).toMatchObject({ image: 'api', place: { file: 'poor/kustomization.yml' } });
    expect(problems[0]?.message).toContain('ghcr.io/acme/other');
    expect(problems[1]?.fix).toContain('good/kustomization.yml');
    expect(stage.head()).toBe(head);
  });

  test('a missing branch is named, with those that are there', async () => {
    await start();
    const problems = await problemsOf(deploy(request(stage, { deploys: [planned(undefined, 'mian')] })));
    expect(problems).toMatchObject([{ code: 'deploy/target-missing' }]);
    expect(problems[0]?.message).toContain('"mian"');
    expect(problems[0]?.fix).toContain('main');
  });

  test('an empty repository is called empty', async () => {
    await startEmpty();
    const problems = await problemsOf(deploy(request(stage)));
    expect(problems).toMatchObject([{ code: 'deploy/target-missing' }]);
  });

  test('a branch with a slash and odd characters works', async () => {
    await start();
    stage.git('branch', 'deploy/prod+eu#1', 'main');
    const [deployment] = await rollOut(stage, { deploys: [planned(undefined, 'deploy/prod+eu#1')] });
    expect(deployment).toMatchObject({ status: 'committed', commit: stage.head('deploy/prod+eu#1') });
  });

  test('a cancel before the write leaves nothing', async () => {
    await start();
    const head = stage.head();
    const controller = new AbortController();
    controller.abort();
    await expect(deploy(request(stage, { signal: controller.signal }))).rejects.toThrow('Cancelled');
    expect(stage.head()).toBe(head);
  });

  test('a cancel during the write waits for the outcome, even when its answer is lost', async () => {
    await start();
    const base = stage.head();
    await stage.loseNextAnswer();
    const controller = new AbortController();
    stage.beforeNextCommit(() => controller.abort());
    const [deployment] = await rollOut(stage, { signal: controller.signal });
    expect(deployment).toMatchObject({ status: 'committed', commit: stage.head() });
    expect(commitsAfter(stage, base)).toBe(1);
  });

  test('five deploys of different images at once all land', async () => {
    const keys = Array.from({ length: 5 }, (_, index) => `svc-${index}`);
    const entries = keys.map((key) => `  - name: ghcr.io/acme/${key}\n    newTag: old\n`).join('');
    const pods = keys.map((key) => `---\nkind: Pod\nspec: {containers: [{image: ghcr.io/acme/${key}}]}\n`);
    await start({
      'k8s/kustomization.yml': `resources: [pods.yml]\nimages:\n${entries}`,
      'k8s/pods.yml': pods.join(''),
    });
    const base = stage.head();
    const done = await Promise.all(
      keys.map((key) =>
        rollOut(stage, {
          deploys: [{ ...planned(), images: [key] }],
          rollouts: [{ key, image: `ghcr.io/acme/${key}`, releaseTag: `main-${key}`, digest: DIGEST }],
          newId: () => key,
        }),
      ),
    );
    expect(statuses(done.flat())).toEqual(keys.map(() => 'committed'));
    expect(commitsAfter(stage, base)).toBe(keys.length);
    for (const key of keys) expect(tagAt(stage)).toContain(`newTag: main-${key}`);
  });
});
