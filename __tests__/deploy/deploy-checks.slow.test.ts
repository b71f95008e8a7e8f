import { jest } from '@jest/globals';
import { checkDeploy, deploy } from '../../src/deploy/deploy.js';
import { failure } from '../../src/lib/errors.js';
import { API, DIGEST, planned, problemsOf, request, rollOut } from './requests.js';
import { createStage, type Stage } from './stage.js';

jest.setTimeout(60_000);

const OTHER = `sha256:${'b'.repeat(64)}`;

describe('before anything is committed', () => {
  let stage: Stage;
  let head: string;
  beforeEach(async () => {
    stage = await createStage('git over a path');
    head = stage.head();
  });
  afterEach(() => stage.close());

  const registry = (served: Record<string, string>) => ({
    check: 'registry' as const,
    resolve: (image: string, tag: string) => Promise.resolve(served[`${image}:${tag}`]),
  });

  test('what the registry does not serve, or serves otherwise, is refused for all images together', async () => {
    const served = registry({ 'ghcr.io/acme/frontend:main-1a2b3c4': OTHER });
    const deploys = [planned(), planned('nowhere')];
    const problems = await problemsOf(deploy(request(stage, { registry: served, deploys })));
    expect(problems).toMatchObject([
      { code: 'deploy/not-pullable', image: 'api' },
      { code: 'deploy/not-pullable', image: 'frontend' },
      { code: 'deploy/kustomization-missing' },
    ]);
    expect(problems[1]?.message).toContain(OTHER);
    expect(stage.head()).toBe(head);
  });

  test('a registry that can not be asked is one problem among the others', async () => {
    const resolve = () =>
      Promise.reject(failure({ code: 'internal/unexpected', message: 'The registry is down.', fix: 'Wait.' }));
    const deploys = [planned(), planned('nowhere')];
    const problems = await problemsOf(deploy(request(stage, { registry: { check: 'registry', resolve }, deploys })));
    expect(problems).toMatchObject([
      { message: 'The registry is down.', image: 'api' },
      { message: 'The registry is down.', image: 'frontend' },
      { code: 'deploy/kustomization-missing' },
    ]);
  });

  test('the digest of the registry is written where none was given', async () => {
    const served = registry({ 'ghcr.io/acme/api:v9': OTHER });
    const rollouts = [{ key: 'api', image: 'ghcr.io/acme/api', releaseTag: 'v9' }];
    const deploys = [planned(undefined, 'main', { pin: 'both' })];
    await rollOut(stage, { registry: served, rollouts, deploys });
    expect(stage.git('show', 'main:k8s/kustomization.yml')).toContain(`newTag: v9\n    digest: ${OTHER}`);
  });

  test('images that no deploy concerns are not asked for', async () => {
    const served = registry({ 'ghcr.io/acme/api:main-1a2b3c4': DIGEST });
    const deploys = [{ ...planned(), images: ['api'] }];
    expect(await rollOut(stage, { registry: served, deploys })).toMatchObject([{ status: 'committed' }]);
  });

  test('without a digest, a deploy that pins digests is refused', async () => {
    const rollouts = [{ key: 'api', image: 'ghcr.io/acme/api', releaseTag: 'v9' }];
    const deploys = [planned(undefined, 'main', { pin: 'digest' })];
    expect(await problemsOf(deploy(request(stage, { rollouts, deploys })))).toMatchObject([
      { code: 'deploy/entry-pinned', image: 'api' },
    ]);
  });

  test('an entry that has a digest gets the new one although only tags are pinned', async () => {
    const pinned = `resources: [../base]\nimages:\n  - name: ghcr.io/acme/api\n    newTag: old\n    digest: ${OTHER} # kept in step\n`;
    stage.land({ 'k8s/kustomization.yml': pinned });
    await rollOut(stage, { rollouts: [API] });
    expect(stage.git('show', 'main:k8s/kustomization.yml')).toBe(
      pinned.replace('old', 'main-1a2b3c4').replace(OTHER, DIGEST).trimEnd(),
    );
  });

  test('two deploys into one file add up to one commit', async () => {
    const deploys = [
      { ...planned(), images: ['api'] },
      { ...planned(), images: ['frontend'] },
    ];
    const deployments = await rollOut(stage, { deploys });
    expect(deployments).toMatchObject([
      { status: 'committed', changes: [{ key: 'api' }], commit: stage.head() },
      { status: 'committed', changes: [{ key: 'frontend' }], commit: stage.head() },
    ]);
    expect(stage.git('rev-list', '--count', `${head}..main`)).toBe('1');
  });

  test('what is skipped says why, in the place where it stands', async () => {
    const skip = {
      status: 'skip' as const,
      target: planned().target,
      reason: 'A pull request deploys nothing.',
    };
    const deploys = [skip, planned(), { ...planned(), images: ['worker'] }];
    expect(await rollOut(stage, { deploys })).toMatchObject([
      { status: 'skipped', reason: 'A pull request deploys nothing.' },
      { status: 'committed' },
      { status: 'skipped', reason: 'None of the images that it deploys is part of this release.' },
    ]);
  });

  test('a second branch that refuses does not hide what stands on the first', async () => {
    stage.git('branch', 'prod', 'main');
    stage.git('config', 'receive.denyCurrentBranch', 'ignore');
    stage.beforeNextCommit(() => {});
    stage.beforeNextCommit(() => stage.git('update-ref', '-d', 'refs/heads/prod'));
    const deploys = [planned(), planned(undefined, 'prod')];
    const problems = await problemsOf(deploy(request(stage, { deploys })));
    expect(problems[0]?.code).toBe('deploy/target-missing');
    expect(problems[0]?.detail).toContain(
      `Already deployed: k8s/kustomization.yml on main (${stage.head().slice(0, 12)})`,
    );
  });

  test('a check finds the same problems and writes nothing', async () => {
    const deploys = [
      planned('nowhere'),
      planned(undefined, 'mian'),
      planned(undefined, 'main', { message: 'deploy {{images}} [skip ci]' }),
    ];
    const problems = await checkDeploy(request(stage, { deploys }));
    expect(problems.map(({ code, severity }) => [code, severity])).toEqual([
      ['deploy/message-skips-ci', 'warning'],
      ['deploy/kustomization-missing', 'error'],
      ['deploy/target-missing', 'error'],
    ]);
    const warnings = await checkDeploy(request(stage));
    expect(new Set(warnings.map(({ severity }) => severity))).toEqual(new Set(['warning']));
    expect(warnings.map(({ code }) => code)).toContain('deploy/kustomize-unproved');
    expect(stage.head()).toBe(head);
  });

  test('the configured first line is used', async () => {
    const deploys = [planned(undefined, 'main', { message: 'chore: {{images}} at {{tag}} [skip ci]' })];
    await rollOut(stage, { deploys });
    expect(stage.git('log', '-1', '--format=%s', 'main')).toBe('chore: api, frontend at main-1a2b3c4');
  });

  test('the diff of a deployment is the diff of its commit', async () => {
    const [deployment] = await rollOut(stage);
    const hunks = (diff: string) =>
      diff
        .slice(diff.indexOf('@@'))
        .replace(/^(@@ .* @@).*$/gm, '$1')
        .trim();
    expect(deployment?.status === 'committed' && hunks(deployment.diff)).toBe(
      hunks(stage.git('diff', '--no-color', head, 'main')),
    );
  });
});
