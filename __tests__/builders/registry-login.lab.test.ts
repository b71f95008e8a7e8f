/** @programs docker */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startRegistry, type LabRegistry } from '../../lab/registry.js';
import { createDockerConfig } from '../../src/builders/docker-config.js';
import { OWNER } from './fixtures/docker-home.js';
import { Secret } from '../../src/lib/secret.js';
import { createBakery, problemsOf, SHELL, type Bakery } from './bakery.js';
import { watchCommandLines } from '../processes.js';

const AUTH = { username: 'robot', password: 'registry-password-marker' };

let bakery: Bakery;
let registry: LabRegistry;

beforeAll(async () => {
  bakery = await createBakery();
  registry = await startRegistry({ dir: join(bakery.site.root, '../registry'), auth: AUTH });
  await bakery.site.write('api/Dockerfile', SHELL);
});
afterAll(async () => {
  await registry.stop();
  await bakery.close();
});

async function buildAs(password: string) {
  const { site } = bakery;
  const login = { host: registry.host, username: AUTH.username, password: new Secret(password) };
  const config = await createDockerConfig({
    logins: [login],
    env: site.env,
    home: site.env['HOME'],
    temp: site.temp,
    owner: OWNER,
  });
  try {
    const api = bakery.image('api', { image: `${registry.host}/acme/api` });
    return await bakery.build([api], { env: { ...site.env, ...config.env } });
  } finally {
    await config.dispose();
    expect(await readdir(site.temp)).toEqual([]);
  }
}

test('pushes with the login of the run, and shows the password in no command line', async () => {
  const { result, seen } = await watchCommandLines(buildAs(AUTH.password));
  expect(result.images[0]).toMatchObject({ pushed: 'by-digest', digest: expect.stringMatching(/^sha256:/) });
  expect([...seen].some((line) => line.includes('buildx bake'))).toBe(true);
  expect([...seen].filter((line) => line.includes(AUTH.password))).toEqual([]);
});

test('reports a wrong password as a refused login, without the password', async () => {
  const problems = await problemsOf(buildAs('not-the-password'));
  expect(problems).toMatchObject([{ code: 'build/registry-denied', image: 'api' }]);
  expect(JSON.stringify(problems)).not.toContain('not-the-password');
});
