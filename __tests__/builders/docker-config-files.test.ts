import { mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AUTH, createDockerHome, type DockerHome } from './fixtures/docker-home.js';

/** A credential helper for docker that knows one host. */
const HELPER = `#!/bin/sh
case "$1" in
  list) echo '{"quay.io":"me"}' ;;
  get) echo '{"ServerURL":"quay.io","Username":"me","Secret":"from-store"}' ;;
esac
`;

describe('the temporary docker configuration', () => {
  let home: DockerHome;
  beforeEach(async () => {
    home = await createDockerHome();
  });
  afterEach(() => home.remove());

  test('can be read only by this user, and is deleted completely', async () => {
    const config = await home.create();
    expect((await stat(config.directory)).mode & 0o777).toBe(0o700);
    expect((await stat(join(config.directory, 'config.json'))).mode & 0o777).toBe(0o600);
    await config.dispose();
    expect(await readdir(home.temp)).toEqual([]);
    expect(await readdir(home.own())).toEqual(['buildx', 'contexts']);
  });

  test('on creation, deletes folders of killed runs and week-old ones, and keeps the rest', async () => {
    const week = 7 * 24 * 3600;
    const kept = ['host-1-2-LIVING', 'UNKNOW'];
    const abandoned = ['host-3-4-KILLED', 'OLDOLD'];
    for (const name of [...kept, ...abandoned]) {
      const folder = join(home.temp, `image-release-docker-${name}`);
      await mkdir(folder);
      await writeFile(join(folder, 'config.json'), '{"auths":{}}');
    }
    const long = Date.now() / 1000 - week - 60;
    await utimes(join(home.temp, 'image-release-docker-OLDOLD'), long, long);
    await symlink(home.own(), join(home.temp, 'image-release-docker-host-3-4-LINKED'));
    await mkdir(join(home.temp, 'image-release-docker-notes'));
    const config = await home.create();
    await config.dispose();
    expect((await readdir(home.temp)).sort()).toEqual([
      'image-release-docker-UNKNOW',
      'image-release-docker-host-1-2-LIVING',
      'image-release-docker-host-3-4-LINKED',
      'image-release-docker-notes',
    ]);
  });

  test("takes the hosts of the user's credential store, and leaves the user's file as it is", async () => {
    await home.writeProgram('docker-credential-lab', HELPER);
    const text = '{"credsStore":"lab","auths":{}}';
    await writeFile(home.own('config.json'), text);
    const config = await home.create();
    const written: unknown = JSON.parse(await readFile(join(config.directory, 'config.json'), 'utf8'));
    expect(written).toEqual({ auths: { 'ghcr.io': AUTH }, credHelpers: { 'quay.io': 'lab' } });
    await config.dispose();
    expect(await readFile(home.own('config.json'), 'utf8')).toBe(text);
  });

  test('is created even if the helper of the credential store is missing', async () => {
    await writeFile(home.own('config.json'), '{"credsStore":"absent","auths":{"quay.io":{}}}');
    const config = await home.create();
    const written: unknown = JSON.parse(await readFile(join(config.directory, 'config.json'), 'utf8'));
    expect(written).toMatchObject({ credHelpers: { 'quay.io': 'absent' } });
    await config.dispose();
  });

  test.each(['{ "auths": ', '[]', '"text"'])(
    "is not created if the user's file is invalid (%s): the error names the file",
    async (text) => {
      await writeFile(home.own('config.json'), text);
      await expect(home.create()).rejects.toMatchObject({
        code: 'build/docker-config-unreadable',
        problems: [{ message: expect.stringContaining(home.own('config.json')) }],
      });
      expect(await readdir(home.temp)).toEqual([]);
    },
  );

  test('is created even if the user has no docker configuration', async () => {
    await rm(home.own(), { recursive: true });
    const config = await home.create();
    expect(config.env.BUILDX_CONFIG).toBe(home.own('buildx'));
    await config.dispose();
  });
});
