import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkKaniko } from '../../../src/builders/kaniko/prepare.js';
import { targetsOf, type Target } from '../../../src/builders/kaniko/targets.js';
import { kanikoUnsupported } from '../../../src/builders/kaniko/unsupported.js';
import { plannedImage, planOf } from '../samples.js';

function check(text: string, over: Partial<Target> = {}, limits?: { memory: string }) {
  const [target] = targetsOf([plannedImage('api', over as object)]);
  return kanikoUnsupported(target!, text, limits ? { limits } : {});
}

test.each([
  ['RUN --mount=type=ssh git clone x', /SSH/],
  ['RUN --mount=type=tmpfs,target=/t true', /keeps in the image/],
  ['RUN --mount=type=bind,from=base,target=/b true', /other stages/],
  ['RUN --network=none true', /--network=none/],
  ['RUN --security=insecure true', /--security/],
  ['COPY --exclude=*.md . /', /excludes/],
  ['COPY --parents a/b /', /folders/],
  ['ADD --checksum=sha256:aa https://example.org/x /x', /checksum/],
  ['ADD https://github.com/acme/app.git /src', /git repository/],
  ['COPY --from=base / /', /as a whole/],
  ['RUN <<EOF\n#!/usr/bin/env python3\nprint()\nEOF', /python3/],
])('rejects %j at its line, because Kaniko would build another image', (line, message) => {
  const [problem, ...others] = check(`FROM node:24 AS base\nFROM node:24\nCOPY --from=base /a /\n${line}\n`);
  expect(others).toEqual([]);
  expect(problem).toMatchObject({
    code: 'kaniko/unsupported',
    severity: 'error',
    image: 'api',
    place: { file: 'api/Dockerfile', line: 4 },
  });
  expect(problem!.message).toMatch(message);
  expect(problem!.fix).toContain('BuildKit');
});

test.each([
  'RUN --mount=type=secret,id=token,required=true true',
  'RUN --mount=type=bind,source=package.json,target=/p.json true',
  'RUN --network=default true',
  'COPY --link --chmod=755 --chown=1:1 a /a',
  'ADD https://example.org/x.tar.gz /x',
  'RUN <<EOF\necho a\nEOF',
  'COPY <<EOF /etc/motd\nhello\nEOF',
  'COPY --from=docker.io/library/nginx:1 / /nginx',
])('accepts %j', (line) => {
  expect(check(`FROM node:24\n${line}\n`)).toEqual([]);
});

test("ignores stages that the image doesn't use", () => {
  const text = 'FROM node:24 AS wanted\nFROM node:24 AS other\nRUN --mount=type=ssh true\n';
  expect(check(text, { target: 'wanted' })).toEqual([]);
  expect(check(text)).toHaveLength(1);
});

test('warns once about several cache mounts', () => {
  const mount = 'RUN --mount=type=cache,target=/var/cache/npm npm ci';
  expect(check(`FROM node:24\n${mount}\n${mount}\n`)).toMatchObject([
    { code: 'kaniko/unsupported', severity: 'warning', place: { line: 2 } },
  ]);
});

test.each<[string, Partial<Target>, RegExp]>([
  ['a remote context', { context: 'https://github.com/acme/app.git' }, /context/],
  ['a folder as named context', { contexts: { assets: '../assets' } }, /contexts\.assets/],
  ['an OCI layout as named context', { contexts: { base: 'oci-layout://out' } }, /contexts\.base/],
  ['an SSH setting of bake', { extra: { ssh: ['default'] } }, /`ssh`/],
  ['a network setting', { extra: { network: 'host' } }, /`network`/],
  ['a Windows platform', { platforms: ['windows/amd64'] }, /Linux/],
])('rejects %s and names it', (_, over, message) => {
  const problems = check('FROM node:24\n', over);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({ code: 'kaniko/unsupported' });
  expect(problems[0]!.message).toMatch(message);
});

test('rejects a base with a fixed platform, unless it is the platform of the image', () => {
  expect(check('FROM --platform=linux/amd64 node:24\n')).toHaveLength(1);
  expect(check('FROM --platform=linux/amd64 node:24\n', { platforms: ['linux/amd64'] })).toEqual([]);
  expect(check('FROM --platform=linux/amd64 node:24\n', { platforms: ['linux/arm64'] })).toHaveLength(1);
  expect(check('FROM --platform=$BUILDPLATFORM node:24\n', { platforms: ['linux/arm64'] })).toEqual([]);
  expect(check('FROM --platform=${TARGETPLATFORM} node:24\n')).toEqual([]);
});

test('reports a memory limit below the heap size that the build requests', () => {
  const text = 'FROM node:24\nENV NODE_OPTIONS=--max-old-space-size=4096\nRUN npm run build\n';
  expect(check(text, {}, { memory: '2Gi' })).toMatchObject([
    { code: 'kaniko/memory-limit', place: { file: 'api/Dockerfile', line: 2 } },
  ]);
  expect(check(text, {}, { memory: '6Gi' })).toEqual([]);
  expect(check('FROM a\nRUN java -Xmx3g x\n', {}, { memory: '3000M' })).toHaveLength(1);
  expect(check(text)).toEqual([]);
});

test('rejects a symbolic link that is copied by name, because BuildKit copies its target', async () => {
  const root = await mkdtemp(join(tmpdir(), 'links-'));
  try {
    await mkdir(join(root, 'api'));
    await writeFile(join(root, 'api/file'), '');
    await symlink('file', join(root, 'api/link'));
    const lines = [
      'FROM node:24 AS base',
      'COPY file /',
      'COPY file link $X l* /',
      'FROM node:24',
      'COPY --from=base link /',
    ];
    await writeFile(join(root, 'api/Dockerfile'), `${lines.join('\n')}\n`);
    const settings = { type: 'kaniko' as const };
    const problems = await checkKaniko(planOf([plannedImage('api')]), root, settings);
    expect(problems).toMatchObject([{ code: 'kaniko/unsupported', place: { line: 3 } }]);
    expect(problems[0]!.message).toContain('copies the link link itself');
  } finally {
    await rm(root, { recursive: true });
  }
});

test('rejects an image built on another image that is not pushed', async () => {
  const images = [plannedImage('web', { contexts: { base: 'image:api' } }), plannedImage('api')];
  const plan = planOf(images, { mode: 'build-only', reason: 'asked for' });
  const settings = { type: 'kaniko' as const };
  const problems = await checkKaniko(plan, '/nowhere', settings);
  expect(problems).toMatchObject([{ code: 'kaniko/unsupported', image: 'web' }]);
});
