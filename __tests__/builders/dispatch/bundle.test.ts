import { runCli } from '../../../testing/runner.js';
import { startRun, type RunScript } from '../../../testing/fake-github/workflow-runs.js';
import { readWorkflowFile } from '../../../testing/fake-github/workflow-files.js';
import { oneJob, createDispatchFixture, TOKEN, type DispatchFixture } from './fixtures.js';

let fixture: DispatchFixture;
beforeAll(async () => {
  fixture = await createDispatchFixture();
  await fixture.commit(
    'image-release.yml',
    'registry: ghcr.io/acme\nimages: { api: }\ndeploy: { kustomization: k8s }\n',
  );
  const kustomization = 'images:\n  - name: ghcr.io/acme/api\n    newTag: main-1\n';
  await fixture.commit('k8s/kustomization.yml', kustomization);
  await fixture.git('remote', 'set-url', 'origin', fixture.github.cloneUrl('acme/app'));
});
afterAll(() => fixture.stop());

/** Runs `status --watch` for a commit whose workflow run follows `script`. */
async function watch(script: RunScript) {
  const repository = fixture.github.repository('acme/app');
  const sha = await fixture.head();
  const workflow = (await readWorkflowFile(repository.dir, sha, '.github/workflows/release.yml'))!;
  const actor = { login: 'ada', type: 'User' as const, id: 1000 };
  startRun(repository, { workflow, event: 'push', branch: 'main', sha, actor, script });
  const env = {
    GITHUB_SERVER_URL: fixture.github.url,
    GITHUB_API_URL: fixture.github.apiUrl,
    GITHUB_TOKEN: TOKEN,
  };
  return runCli({ args: ['status', '--watch', '--no-registry-check'], cwd: fixture.dir, env });
}

test('status --watch waits for the run of the commit, then prints the deployed image but no token', async () => {
  const { exitCode, stdout, stderr } = await watch(oneJob(async (job) => job.end('success')));
  expect({ exitCode, stderr }).toEqual({
    exitCode: 0,
    stderr: expect.stringMatching(/^Run \d+ \(push\): http\S+\nrelease: done/m),
  });
  expect(stdout).toContain('ghcr.io/acme/api:main-1');
  expect(stdout + stderr).not.toContain(TOKEN);
});

test('status --watch fails with the job, the step and its error if the run fails', async () => {
  const { exitCode, stderr } = await watch(
    oneJob(async (job) => {
      await job.step('Build', async (log) => {
        log('##[error]no space left on device');
        return 'failure';
      });
      job.end('failure');
    }),
  );
  expect(exitCode).toBe(1);
  expect(stderr).toContain('error [dispatch/failed]\n  The run failed: job release, step “Build”.');
  expect(stderr).toContain('| error: no space left on device');
});
