import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProgramMissing, run, type ProcessResult } from '../../src/lib/process.js';
import { createCredentialLookup, type DockerConfig } from '../../src/registry/credentials.js';
import { problemsOf } from './fronted.js';
import { pair, plain } from './plain-credentials.js';

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
    ['the store is asked for the host', { credsStore: 'store' }, 'get:for ghcr.io'],
    [
      'the helper of the host wins',
      { credsStore: 'store', credHelpers: { 'ghcr.io': 'token' } },
      '<token>:jwt',
    ],
    ["another host's helper is left alone", { credHelpers: { 'example.org': 'locked' } }, undefined],
    ['a helper that has nothing is no error', { credsStore: 'empty' }, undefined],
    [
      'then the file is looked into',
      { credsStore: 'empty', auths: { 'ghcr.io': pair('bot:secret') } },
      'bot:secret',
    ],
  ])('%s', async (_, config, expected) => {
    const lookup = createCredentialLookup({ explicit: [], config, runHelper });
    expect(plain(await lookup('ghcr.io'))).toBe(expected);
  });

  test('Docker Hub goes by its historical name', async () => {
    const lookup = createCredentialLookup({ explicit: [], config: { credsStore: 'store' }, runHelper });
    expect(plain(await lookup('docker.io'))).toBe('get:for https://index.docker.io/v1/');
  });

  test.each([
    ['locked', 'the keychain is locked'],
    ['chatty', 'it printed no credentials'],
    ['absent', new ProgramMissing('docker-credential-absent').message],
  ])('a helper that fails (%s) is named, with what it said', async (credsStore, said) => {
    const lookup = createCredentialLookup({ explicit: [], config: { credsStore }, runHelper });
    const [problem] = await problemsOf(lookup('ghcr.io'));
    expect(problem).toMatchObject({ code: 'registry/unauthorized' });
    expect(problem?.message).toContain(`docker-credential-${credsStore}`);
    expect(problem?.message).toContain(said);
  });
});
