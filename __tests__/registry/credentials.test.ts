import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { type ProcessResult, ProgramMissing, run } from '../../src/lib/process.js';
import { Secret } from '../../src/lib/secret.js';
import {
  createCredentialLookup,
  type Credentials,
  type DockerConfig,
  readDockerConfig,
} from '../../src/registry/credentials.js';
import { problemsOf } from './fixtures/clients.js';

const pair = (text: string) => ({ auth: Buffer.from(text).toString('base64') });

function plain(credentials: Credentials | undefined) {
  if (credentials === undefined) return undefined;
  return 'username' in credentials
    ? `${credentials.username}:${credentials.password.reveal()}`
    : `<token>:${credentials.identityToken.reveal()}`;
}

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

  test('an explicit login takes precedence for its registry only, and inspect hides its password', async () => {
    const explicit = [{ host: 'ghcr.io', username: 'given', password: new Secret('marker') }];
    const lookup = createCredentialLookup({ explicit, config, runHelper: noHelper });
    expect(plain(await lookup('ghcr.io'))).toBe('given:marker');
    expect(plain(await lookup('docker.io'))).toBe('hub:secret');
    expect(inspect(await lookup('ghcr.io'))).not.toContain('marker');
  });
});

describe("reading docker's config.json", () => {
  test("returns undefined if the file doesn't exist", async () => {
    expect(await readDockerConfig(join(tmpdir(), 'no-such-folder'))).toBeUndefined();
  });

  test('names a broken file and quotes none of its text', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'credentials-test-'));
    await writeFile(join(folder, 'config.json'), '{"auths": {"x": {"password": marker}}}');
    const [problem] = await problemsOf(readDockerConfig(folder));
    await rm(folder, { recursive: true });
    expect(problem).toMatchObject({ code: 'registry/unauthorized' });
    expect(problem?.message).toContain(join(folder, 'config.json'));
    expect(problem?.message).not.toContain('marker');
  });
});

describe('credential helpers', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'credentials-test-'));
    const script = (body: string) => `#!/bin/sh\nread server\n${body}\n`;
    const helpers = {
      store: `echo "{\\"ServerURL\\":\\"$server\\",\\"Username\\":\\"$1\\",\\"Secret\\":\\"for $server\\"}"`,
      token: `echo '{"Username":"<token>","Secret":"jwt"}'`,
      empty: `echo 'credentials not found in native keychain'; exit 1`,
      locked: `echo 'the keychain is locked'; exit 1`,
      chatty: `echo 'hello'`,
    };
    for (const [name, body] of Object.entries(helpers)) {
      await writeFile(join(folder, `docker-credential-${name}`), script(body), { mode: 0o755 });
    }
  });
  afterAll(() => rm(folder, { recursive: true }));

  const runHelper = (program: string, args: string[], input: string): Promise<ProcessResult> =>
    run(program, args, { env: { PATH: `${folder}:/usr/bin:/bin` }, input });

  test.each<[string, DockerConfig, string | undefined]>([
    ['passes the host to the store', { credsStore: 'store' }, 'get:for ghcr.io'],
    [
      'prefers the helper of the host to the store',
      { credsStore: 'store', credHelpers: { 'ghcr.io': 'token' } },
      '<token>:jwt',
    ],
    ["doesn't call the helper of another host", { credHelpers: { 'example.org': 'locked' } }, undefined],
    ['returns no login if the helper has none', { credsStore: 'empty' }, undefined],
    [
      'uses the login in the file if the helper has none',
      { credsStore: 'empty', auths: { 'ghcr.io': pair('bot:secret') } },
      'bot:secret',
    ],
  ])('%s', async (_, config, expected) => {
    const lookup = createCredentialLookup({ explicit: [], config, runHelper });
    expect(plain(await lookup('ghcr.io'))).toBe(expected);
  });

  test('passes the historical name of Docker Hub to the store', async () => {
    const lookup = createCredentialLookup({ explicit: [], config: { credsStore: 'store' }, runHelper });
    expect(plain(await lookup('docker.io'))).toBe('get:for https://index.docker.io/v1/');
  });

  test.each([
    ['locked', 'the keychain is locked'],
    ['chatty', 'it printed no credentials'],
    ['absent', new ProgramMissing('docker-credential-absent').message],
  ])('reports a failing helper (%s) with its name and the reason', async (credsStore, said) => {
    const lookup = createCredentialLookup({ explicit: [], config: { credsStore }, runHelper });
    const [problem] = await problemsOf(lookup('ghcr.io'));
    expect(problem).toMatchObject({ code: 'registry/unauthorized' });
    expect(problem?.message).toContain(`docker-credential-${credsStore}`);
    expect(problem?.message).toContain(said);
  });
});
