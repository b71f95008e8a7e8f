/** @programs docker */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labFromEnvironment } from '../../lab/shared-lab.js';
import { run } from '../../src/lib/process.js';
import { ACCEPTED, read } from './accepted.js';

const CONTEXT = ['src/x', 'arm-64/x', 'it', 'b c', '20'];

const REFUSED = [
  'FROM scratch\nFORM x',
  'ENV A=b\nFROM scratch',
  'FROM scratch AS 1t',
  'FROM scratch\nCOPY it',
  'FROM scratch\nCOPY it <<E\nE',
  'FROM scratch\nRUN <<E\nx',
  '# escape=x\nFROM scratch',
  'FROM scratch AS a\nARG F=a\nFROM scratch\nCOPY --from=$F it /y',
  'FROM scratch\nCOPY --from=0 it /y',
  'FROM scratch\nCOPY https://127.0.0.1:9/it /y',
  'ARG A\nFROM ${A:?}',
];

const slug = (index: number) => `t${index}`;

let root: string;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  env = { ...process.env, DOCKER_HOST: labFromEnvironment().dockerHost };
  root = await mkdtemp(join(tmpdir(), 'dockerfile-builds-'));
  for (const path of CONTEXT) {
    await mkdir(join(root, 'context', path, '..'), { recursive: true });
    await writeFile(join(root, 'context', path), path);
  }
});
afterAll(() => rm(root, { recursive: true, force: true }));

test('BuildKit builds the Dockerfiles that are parsed without a doubt', async () => {
  const target: Record<string, unknown> = {};
  for (const [index, { text, args = {} }] of Object.values(ACCEPTED).entries()) {
    const dockerfile = join(root, slug(index));
    await writeFile(dockerfile, text);
    target[slug(index)] = { context: 'context', dockerfile, target: 't', args, output: ['type=cacheonly'] };
  }
  const { code, stderr } = await run('docker', ['buildx', 'bake', '-f', '-'], {
    env,
    cwd: root,
    input: JSON.stringify({ group: { default: { targets: Object.keys(target) } }, target }),
  });
  expect({ code, stderr: code === 0 ? '' : stderr.toString().slice(-2000) }).toEqual({ code: 0, stderr: '' });
}, 60_000);

test('BuildKit rejects the Dockerfiles that are unreadable here', async () => {
  const outcomes = await Promise.all(
    REFUSED.map(async (text, index) => {
      const file = join(root, `refused-${index}`);
      await writeFile(file, text);
      const args = ['buildx', 'build', '--output', 'type=cacheonly', '-f', file, 'context'];
      const { code, stderr } = await run('docker', args, { env, cwd: root });
      const isRefused = code !== 0 && !/pull access denied|failed to do request/.test(stderr.toString());
      return { text, isRefused, unreadable: 'unreadable' in read(text, undefined) };
    }),
  );
  expect(outcomes).toEqual(REFUSED.map((text) => ({ text, isRefused: true, unreadable: true })));
}, 60_000);
