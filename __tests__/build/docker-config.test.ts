import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withLogins } from '../../src/build/docker-config.js';
import { createDockerHome, LOGIN, type DockerHome } from './docker-home.js';

const AUTH = { auth: Buffer.from('octo:pass:word').toString('base64') };

/** A credential helper as docker calls it; knows one host. */
const HELPER = `#!/bin/sh
case "$1" in
  list) echo '{"quay.io":"me"}' ;;
  get) echo '{"ServerURL":"quay.io","Username":"me","Secret":"from-store"}' ;;
esac
`;

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
  let home: DockerHome;
  beforeEach(async () => {
    home = await createDockerHome();
  });
  afterEach(() => home.remove());

  test('only this user can read it, and disposing leaves nothing', async () => {
    const config = await home.create();
    expect((await stat(config.directory)).mode & 0o777).toBe(0o700);
    expect((await stat(join(config.directory, 'config.json'))).mode & 0o777).toBe(0o600);
    await config.dispose();
    expect(await readdir(home.temp)).toEqual([]);
    expect(await readdir(home.own())).toEqual(['buildx', 'contexts']);
  });

  test("the user's file is only read, also with a credential store whose helper lists hosts", async () => {
    await home.writeProgram('docker-credential-lab', HELPER);
    const text = '{"credsStore":"lab","auths":{}}';
    await writeFile(home.own('config.json'), text);
    const config = await home.create();
    const written: unknown = JSON.parse(await readFile(join(config.directory, 'config.json'), 'utf8'));
    expect(written).toEqual({ auths: { 'ghcr.io': AUTH }, credHelpers: { 'quay.io': 'lab' } });
    await config.dispose();
    expect(await readFile(home.own('config.json'), 'utf8')).toBe(text);
  });

  test('a credential store without a working helper is no reason to fail', async () => {
    await writeFile(home.own('config.json'), '{"credsStore":"absent","auths":{"quay.io":{}}}');
    const config = await home.create();
    const written: unknown = JSON.parse(await readFile(join(config.directory, 'config.json'), 'utf8'));
    expect(written).toMatchObject({ credHelpers: { 'quay.io': 'absent' } });
    await config.dispose();
  });

  test.each(['{ "auths": ', '[]', '"text"'])(
    'a file that is no configuration (%s) is named, not quoted',
    async (text) => {
      await writeFile(home.own('config.json'), text);
      await expect(home.create()).rejects.toMatchObject({
        code: 'build/docker-config-unreadable',
        problems: [{ message: expect.stringContaining(home.own('config.json')) }],
      });
      expect(await readdir(home.temp)).toEqual([]);
    },
  );

  test('without any configuration of docker there is one with the logins alone', async () => {
    await rm(home.own(), { recursive: true });
    const config = await home.create();
    expect(config.env.BUILDX_CONFIG).toBe(home.own('buildx'));
    await config.dispose();
  });
});
