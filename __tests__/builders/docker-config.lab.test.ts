/** @programs docker */
import { run } from '../../src/lib/process.js';
import { createDockerHome, type DockerHome } from './fixtures/docker-home.js';

describe('the temporary docker configuration', () => {
  let home: DockerHome;
  beforeEach(async () => {
    home = await createDockerHome();
  });
  afterEach(() => home.remove());

  test("gives docker the user's builders and contexts, and its removal keeps the contexts", async () => {
    const withEnv = (extra: NodeJS.ProcessEnv) => ({
      ...home.env,
      DOCKER_HOST: 'tcp://127.0.0.1:9',
      ...extra,
    });
    const docker = async (args: string[], extra: NodeJS.ProcessEnv) =>
      (await run('docker', args, { env: withEnv(extra) })).stdout.toString();
    await docker(['buildx', 'create', '--name', 'mine', '--driver', 'remote', 'tcp://127.0.0.1:9'], {});
    await docker(['context', 'create', 'elsewhere', '--docker', 'host=tcp://127.0.0.1:9'], {});
    const config = await home.create();
    expect(await docker(['buildx', 'inspect', 'mine'], config.env)).toContain('tcp://127.0.0.1:9');
    expect(await docker(['context', 'ls'], config.env)).toContain('elsewhere');
    await config.dispose();
    expect(await docker(['context', 'ls'], {})).toContain('elsewhere');
  });
});
