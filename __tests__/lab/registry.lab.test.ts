import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRegistry } from '../../lab/registry.js';

let dir: string;
beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), 'registry-'))));
afterEach(() => rm(dir, { recursive: true, force: true }));

test('accepts only its credentials, lists its requests, and leaves no file when stopped', async () => {
  const registry = await startRegistry({
    dir: join(dir, 'r'),
    auth: { username: 'robot', password: 'pass:word' },
  });
  try {
    const status = async (credentials?: string) => {
      const headers = credentials ? { authorization: `Basic ${btoa(credentials)}` } : undefined;
      return (await fetch(`http://${registry.host}/v2/_catalog`, { headers })).status;
    };
    expect(await status()).toBe(401);
    expect(await status('robot:wrong')).toBe(401);
    expect(await status('robot:pass:word')).toBe(200);
    const asked = (await registry.requests()).filter(({ path }) => path === '/v2/_catalog');
    expect(asked.map((request) => request.status)).toEqual([401, 401, 200]);
  } finally {
    await registry.stop();
  }
  expect(await readdir(dir)).toEqual([]);
});
