import { describeImage } from './description.js';
import { fingerprints, inNewFolder, write } from './input-folder.js';

inNewFolder();

const image = (key: string, dockerfile: string) => describeImage(key, { dockerfile });

test('a Dockerfile counts even if .dockerignore excludes it', async () => {
  write({
    '.dockerignore': 'Dockerfile\n.dockerignore\n',
    'a.txt': 'a',
    Dockerfile: 'FROM scratch\nCOPY . /a\n',
  });
  const { api: before } = await fingerprints(image('api', 'Dockerfile'));
  write({ Dockerfile: 'FROM scratch\nCOPY . /b\n' });
  const { api: after } = await fingerprints(image('api', 'Dockerfile'));
  expect(before).toMatch(/^v1:/);
  expect(after).toMatch(/^v1:/);
  expect(after).not.toBe(before);
});

test('the Dockerfile of another image counts only if it is copied', async () => {
  write({
    'src/a.txt': 'a',
    'docker/api.Dockerfile': 'FROM scratch\nCOPY src /src\n',
    'docker/all.Dockerfile': 'FROM scratch\nCOPY . /all\n',
    'docker/web.Dockerfile': 'FROM scratch\n',
  });
  const images = [image('api', 'docker/api.Dockerfile'), image('all', 'docker/all.Dockerfile')];
  const before = await fingerprints(...images);
  write({ 'docker/web.Dockerfile': 'FROM scratch\nCOPY src /web\n' });
  const after = await fingerprints(...images);
  expect(after['api']).toBe(before['api']);
  expect(after['all']).not.toBe(before['all']);
});
