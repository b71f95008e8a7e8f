import { deploy, type DeployRequest } from '../../src/deploy/deploy.js';
import { readTrailer } from '../../src/deploy/commit-message.js';
import { SOURCE, changedLines, planned, problemsOf, request, rollOut } from './requests.js';
import { BASE, createStage, KINDS, KUSTOMIZATION, type Stage } from './stage.js';

// The decisions of a deploy are tested in memory; these tests use real repositories.
describe.each(KINDS)('a deploy through %s', (kind) => {
  let stage: Stage;
  let base: string;
  const start = async (...args: [files?: Record<string, string>, executable?: string[]]) => {
    stage = await createStage(kind, ...args);
    base = stage.head();
  };
  afterEach(async () => {
    expect(stage.github.faults.pending()).toEqual([]);
    await stage.close();
  });
  const commits = () => Number(stage.git('rev-list', '--count', `${base}..main`));
  const textAt = (path = 'k8s/kustomization.yml') => stage.git('show', `main:${path}`);

  test('changes exactly two tags in one commit with subject and trailers; a second run changes nothing', async () => {
    await start();
    const [deployment] = await rollOut(stage);
    const head = stage.head();
    expect(changedLines(stage, base)).toEqual([
      '-    newTag: main-0000000',
      '+    newTag: main-1a2b3c4',
      `-    newTag: 'main-0000000' # {"$imagepolicy": "flux-system:frontend:tag"}`,
      `+    newTag: 'main-1a2b3c4' # {"$imagepolicy": "flux-system:frontend:tag"}`,
    ]);
    expect(commits()).toBe(1);
    expect(deployment).toMatchObject({ status: 'committed', commit: head, branch: 'main', lostRaces: 0 });
    const message = stage.git('log', '-1', '--format=%B', 'main');
    expect(message.split('\n')[0]).toBe('Deploy api, frontend main-1a2b3c4');
    expect(readTrailer(message, 'Image-Release-Source')).toBe(SOURCE);
    expect(readTrailer(message, 'Image-Release-Run')).toBe('42');
    expect(readTrailer(message, 'Image-Release-Id')).toBe('test-id.1');

    expect(await rollOut(stage)).toMatchObject([{ status: 'unchanged' }]);
    expect(stage.head()).toBe(head);
  });

  test('commits on top after three lost races and keeps every other change', async () => {
    await start();
    const theirs = KUSTOMIZATION.replace('# who deploys what', '# who deploys it');
    const changes: [string, string][] = [
      ['docs/other.md', 'other\n'],
      ['k8s/kustomization.yml', theirs],
      ['c', 'c'],
    ];
    for (const [path, text] of changes) stage.beforeNextCommit(() => stage.land({ [path]: text }));
    expect(await rollOut(stage)).toMatchObject([{ status: 'committed', lostRaces: 3 }]);
    expect(commits()).toBe(4);
    expect(textAt('docs/other.md')).toBe('other');
    expect(textAt()).toBe(theirs.replaceAll('main-0000000', 'main-1a2b3c4').trimEnd());
    expect(stage.git('log', '-1', '--format=%B', 'main')).toContain('Image-Release-Id: test-id.4');
  });

  test('commits once if the answer is lost and the run is cancelled, and finds that commit below another', async () => {
    await start();
    await stage.loseNextAnswer();
    const controller = new AbortController();
    stage.beforeNextCommit(() => controller.abort());
    const target = stage.openTarget();
    const own: DeployRequest['openTarget'] = () => ({
      ...target,
      async commit(change) {
        const result = await target.commit(change);
        stage.land({ 'on-top.txt': 'x\n' });
        return result;
      },
    });
    const [deployment] = await rollOut(stage, { openTarget: own, signal: controller.signal });
    expect(stage.results.map(({ status }) => status)).not.toContain('committed');
    expect(deployment).toMatchObject({ status: 'committed', commit: stage.git('rev-parse', 'main^') });
    expect(commits()).toBe(2);
  });

  test('updates two Kustomizations, one given by its folder, in one commit and keeps file modes', async () => {
    const files = { 'a/kustomization.yaml': KUSTOMIZATION, 'b/kustomization.yml': KUSTOMIZATION, 'run.sh': 'true\n' };
    await start({ ...files, ...BASE }, ['b/kustomization.yml', 'run.sh']);
    const modes = () => stage.git('ls-tree', '-r', '--format=%(objectmode) %(path)', 'main');
    const before = modes();
    const deploys = [planned('a/'), planned('./b/kustomization.yml')];
    expect(await rollOut(stage, { deploys })).toMatchObject([
      { status: 'committed', kustomization: 'a/kustomization.yaml', commit: stage.head() },
      { status: 'committed', kustomization: 'b/kustomization.yml', commit: stage.head() },
    ]);
    expect(commits()).toBe(1);
    expect(modes()).toBe(before);
    expect(before).toContain('100755 b/kustomization.yml');
  });

  test('names the missing branch and suggests an existing one', async () => {
    await start();
    const problems = await problemsOf(deploy(request(stage, { deploys: [planned(undefined, 'mian')] })));
    expect(problems).toMatchObject([{ code: 'deploy/target-missing' }]);
    expect(problems[0]?.message).toContain('"mian"');
    expect(problems[0]?.fix).toContain('main');
  });
});
