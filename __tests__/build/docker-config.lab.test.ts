/** @programs docker */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createDockerConfig, withLogins } from '../../src/build/docker-config.js';
import { run } from '../../src/lib/process.js';
import { Secret } from '../../src/lib/secret.js';

const LOGIN = { host: 'ghcr.io', username: 'octo', password: new Secret('pass:word') };
const AUTH = { auth: Buffer.from('octo:pass:word').toString('base64') };

describe('logins are added to what the user has', () => {
  test.each([
    ['an empty configuration', {}, [], { auths: { 'ghcr.io': AUTH }, credHelpers: {} }],
    [
      'other entries stay',
      {
        auths: { 'registry.example.org': { auth: 'x' } },
        HttpHeaders: { a: 'b' },
        currentContext: 'c',
        proxies: {},
      },
      [],
      {
        auths: { 'registry.example.org': { auth: 'x' }, 'ghcr.io': AUTH },
        credHelpers: {},
        HttpHeaders: { a: 'b' },
        currentContext: 'c',
        proxies: {},
      },
    ],
    [
      'an older login and helper for the same host give way',
      {
        auths: { 'https://ghcr.io': { auth: 'old' } },
        credHelpers: { 'ghcr.io': 'pass', 'quay.io': 'pass' },
      },
      [],
      { auths: { 'ghcr.io': AUTH }, credHelpers: { 'quay.io': 'pass' } },
    ],
    [
      'a credential store keeps serving the other hosts that it knows',
      { auths: { 'quay.io': {}, 'ghcr.io': {} }, credsStore: 'desktop', credHelpers: { 'gcr.io': 'gcloud' } },
      ['https://index.docker.io/v1/', 'gcr.io', 'ghcr.io'],
      {
        auths: { 'quay.io': {}, 'ghcr.io': AUTH },
        credHelpers: { 'quay.io': 'desktop', 'https://index.docker.io/v1/': 'desktop', 'gcr.io': 'gcloud' },
      },
    ],
  ])('%s', (_, config, stored, expected) => {
    expect(withLogins(config, [LOGIN], stored)).toEqual(expected);
  });

  test.each(['docker.io', 'index.docker.io', 'registry-1.docker.io'])(
    '%s goes where docker looks for it',
    (host) => {
      const config = withLogins(
        { auths: { 'https://index.docker.io/v1/': { auth: 'old' } } },
        [{ ...LOGIN, host }],
        [],
      );
      expect(config.auths).toEqual({ 'https://index.docker.io/v1/': AUTH });
    },
  );
});

describe('on disk', () => {
  let base: string;
  let home: string;
  let temp: string;
  const env = () => ({ PATH: `${join(base, 'bin')}${delimiter}${process.env['PATH']}`, HOME: home });

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'docker-config-test-'));
    [home, temp] = [join(base, 'home'), join(base, 'temp')];
    for (const folder of ['bin', 'temp', 'home/.docker/contexts', 'home/.docker/buildx/instances']) {
      await mkdir(join(base, folder), { recursive: true });
    }
  });
  afterEach(() => rm(base, { recursive: true, force: true }));

  const create = () => createDockerConfig({ logins: [LOGIN], env: env(), home, temp });
  const own = (...path: string[]) => join(home, '.docker', ...path);

  /** A credential helper as docker calls it; knows one host. */
  async function writeHelper(name: string): Promise<void> {
    const script = `#!/bin/sh
case "$1" in
  list) echo '{"quay.io":"me"}' ;;
  get) echo '{"ServerURL":"quay.io","Username":"me","Secret":"from-store"}' ;;
esac
`;
    await writeFile(join(base, 'bin', `docker-credential-${name}`), script);
    await chmod(join(base, 'bin', `docker-credential-${name}`), 0o755);
  }

  test('only this user can read it, and disposing leaves nothing', async () => {
    const config = await create();
    expect((await stat(config.directory)).mode & 0o777).toBe(0o700);
    expect((await stat(join(config.directory, 'config.json'))).mode & 0o777).toBe(0o600);
    await config.dispose();
    expect(await readdir(temp)).toEqual([]);
    expect(await readdir(own())).toEqual(['buildx', 'contexts']);
  });

  test("the user's file is only read, also with a credential store whose helper lists hosts", async () => {
    await writeHelper('lab');
    const text = '{"credsStore":"lab","auths":{}}';
    await writeFile(own('config.json'), text);
    const config = await create();
    const written: unknown = JSON.parse(await readFile(join(config.directory, 'config.json'), 'utf8'));
    expect(written).toEqual({ auths: { 'ghcr.io': AUTH }, credHelpers: { 'quay.io': 'lab' } });
    await config.dispose();
    expect(await readFile(own('config.json'), 'utf8')).toBe(text);
  });

  test('a credential store without a working helper is no reason to fail', async () => {
    await writeFile(own('config.json'), '{"credsStore":"absent","auths":{"quay.io":{}}}');
    const config = await create();
    const written: unknown = JSON.parse(await readFile(join(config.directory, 'config.json'), 'utf8'));
    expect(written).toMatchObject({ credHelpers: { 'quay.io': 'absent' } });
    await config.dispose();
  });

  test("docker finds the user's builders, contexts and plugins", async () => {
    const withEnv = (extra: NodeJS.ProcessEnv) => ({ ...env(), DOCKER_HOST: 'tcp://127.0.0.1:9', ...extra });
    const docker = async (args: string[], extra: NodeJS.ProcessEnv) =>
      (await run('docker', args, { env: withEnv(extra) })).stdout.toString();
    await docker(['buildx', 'create', '--name', 'mine', '--driver', 'remote', 'tcp://127.0.0.1:9'], {});
    await docker(['context', 'create', 'elsewhere', '--docker', 'host=tcp://127.0.0.1:9'], {});
    const config = await create();
    expect(await docker(['buildx', 'inspect', 'mine'], config.env)).toContain('tcp://127.0.0.1:9');
    expect(await docker(['context', 'ls'], config.env)).toContain('elsewhere');
    await config.dispose();
    expect(await docker(['context', 'ls'], {})).toContain('elsewhere');
  });

  test.each(['{ "auths": ', '[]', '"text"'])(
    'a file that is no configuration (%s) is named, not quoted',
    async (text) => {
      await writeFile(own('config.json'), text);
      await expect(create()).rejects.toMatchObject({
        code: 'build/docker-config-unreadable',
        problems: [{ message: expect.stringContaining(own('config.json')) }],
      });
      expect(await readdir(temp)).toEqual([]);
    },
  );

  test('without any configuration of docker there is one with the logins alone', async () => {
    await rm(own(), { recursive: true });
    const config = await create();
    expect(config.env.BUILDX_CONFIG).toBe(own('buildx'));
    await config.dispose();
  });
});
