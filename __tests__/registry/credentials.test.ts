import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Secret } from '../../src/lib/secret.js';
import {
  createCredentialLookup,
  readDockerConfig,
  type DockerConfig,
} from '../../src/registry/credentials.js';
import { problemsOf } from './fronted.js';
import { pair, plain } from './plain-credentials.js';

const noHelper = () => Promise.reject(new Error('no helper is configured'));

describe("docker's config.json", () => {
  const config: DockerConfig = {
    auths: {
      'ghcr.io': pair('bot:ghp:with:colons'),
      'https://index.docker.io/v1/': pair('hub:secret'),
      'https://old.example.org/v2/': pair('old:secret'),
      'localhost:5000': { username: 'local', password: 'secret' },
      'azure.example.org': { ...pair('00000000-0000-0000-0000-000000000000:'), identitytoken: 'jwt' },
      'padded.example.org': pair('bot:secret\0\0\0'),
      'empty.example.org': {},
      'broken.example.org': { auth: '???' },
    },
  };
  test.each([
    ['ghcr.io', 'bot:ghp:with:colons'],
    ['docker.io', 'hub:secret'],
    ['registry-1.docker.io', 'hub:secret'],
    ['old.example.org', 'old:secret'],
    ['localhost:5000', 'local:secret'],
    ['localhost:5001', undefined],
    ['azure.example.org', '<token>:jwt'],
    ['padded.example.org', 'bot:secret'],
    ['empty.example.org', undefined],
    ['broken.example.org', undefined],
    ['example.org', undefined],
    ['hcr.io', undefined],
  ])('the login for %s is %s', async (host, expected) => {
    const lookup = createCredentialLookup({ explicit: [], config, runHelper: noHelper });
    expect(plain(await lookup(host))).toBe(expected);
  });

  test('logins given to the release win, for their registry alone', async () => {
    const explicit = [{ host: 'ghcr.io', username: 'given', password: new Secret('marker') }];
    const lookup = createCredentialLookup({ explicit, config, runHelper: noHelper });
    expect(plain(await lookup('ghcr.io'))).toBe('given:marker');
    expect(plain(await lookup('docker.io'))).toBe('hub:secret');
    expect(inspect(await lookup('ghcr.io'))).not.toContain('marker');
  });
});

describe('reading the file', () => {
  test('there need be none', async () => {
    expect(await readDockerConfig(join(tmpdir(), 'no-such-folder'))).toBeUndefined();
  });

  test('a broken one is named, and its text is not quoted', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'credentials-test-'));
    await writeFile(join(folder, 'config.json'), '{"auths": {"x": {"password": marker}}}');
    const [problem] = await problemsOf(readDockerConfig(folder));
    await rm(folder, { recursive: true });
    expect(problem).toMatchObject({ code: 'registry/unauthorized' });
    expect(problem?.message).toContain(join(folder, 'config.json'));
    expect(problem?.message).not.toContain('marker');
  });
});
