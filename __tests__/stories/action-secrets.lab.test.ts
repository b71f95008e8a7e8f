/** @programs docker kustomize */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { startFakeActionsCache, type FakeActionsCache } from '../../testing/fake-actions-cache/server.js';
import { startRegistry, type LabRegistry } from '../../lab/registry.js';
import type { JobResult } from '../../testing/runner.js';
import { watchCommandLines } from '../processes.js';
import { viewRepository } from './registry-view.js';
import { openShop, type Shop } from './shop.js';

const LOGIN = { username: 'robot', password: 'MARKER-registry-password-71f0' };
// Not the common token: test files that run at the same time may write that one into a git configuration.
const TOKEN = 'ghs_MARKER8TokenOfThisStoryAlone0123456789';
const OF_VARIABLE = 'MARKER-build-secret-of-a-variable-c22e';
const OF_FILE = 'MARKER-build-secret-of-a-file-9b1d';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

let folder: string;
let registry: LabRegistry;
let cache: FakeActionsCache;
let shop: Shop;
let userConfig: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'secrets-'));
  registry = await startRegistry({ dir: join(folder, 'registry'), auth: LOGIN });
  cache = await startFakeActionsCache();
  userConfig = join(folder, 'docker');
  await mkdir(userConfig);
  await writeFile(join(userConfig, 'config.json'), '{ "auths": { "example.org": { "auth": "dTpw" } } }\n');
  await writeFile(join(folder, 'npmrc'), `${OF_FILE}\n`);
  shop = await openShop({
    registry: registry.host,
    tokens: { [TOKEN]: 'write' },
    settings: { cache: 'gha', attest: { sbom: 'off', provenance: 'max' } },
    images: {
      api: { secrets: ['id=variable,env=SHOP_SECRET', `id=file,src=${join(folder, 'npmrc')}`] },
    },
    files: { 'api/Dockerfile': dockerfile('true') },
  });
});
afterAll(async () => {
  await shop?.close();
  await cache?.stop();
  await registry?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A build that fails without both secrets; `last` is its last command. */
function dockerfile(last: string): string {
  return `FROM busybox
COPY greeting /greeting
RUN --mount=type=secret,id=variable --mount=type=secret,id=file \\
  echo "${sha256(OF_VARIABLE)}  /run/secrets/variable" | sha256sum -c && \\
  echo "${sha256(`${OF_FILE}\n`)}  /run/secrets/file" | sha256sum -c && \\
  ${last}
USER 1000
HEALTHCHECK NONE
`;
}

function runtimeToken(): string {
  return cache.environment({ version: 'v1', ref: 'refs/heads/main' })['ACTIONS_RUNTIME_TOKEN'] ?? '';
}

const run = (token: string) =>
  shop.job({
    token: TOKEN,
    withoutPost: false,
    inputs: { 'registry-username': LOGIN.username, 'registry-password': LOGIN.password },
    env: {
      ...cache.environment({ version: 'v1', ref: 'refs/heads/main' }),
      ACTIONS_RUNTIME_TOKEN: token,
      SHOP_SECRET: OF_VARIABLE,
      DOCKER_CONFIG: userConfig,
    },
  });

/** The secret itself, URL-encoded, and as base64 at each of the three offsets that it can have in a longer text. */
function forms(secret: string): string[] {
  const encoded = [0, 1, 2].map((skip) =>
    Buffer.from('x'.repeat(skip) + secret)
      .toString('base64')
      .slice(skip === 0 ? 0 : 4, -4),
  );
  return [secret, encodeURIComponent(secret), ...encoded];
}

function secretsIn(text: string, secrets: readonly string[]): string[] {
  return secrets.filter((secret) => forms(secret).some((form) => text.includes(form)));
}

/** The output of both steps without the `::add-mask::` commands. */
function written({ main, post }: JobResult): string {
  return [main, post]
    .flatMap((stage) => (stage ? [stage.stdout, stage.stderr] : []))
    .join('\n')
    .replaceAll(/^::add-mask::.*$/gm, '');
}

function handedOver({ main, post }: JobResult): string {
  const files = [main, post].map((stage) => stage && [stage.outputs, stage.state, stage.env]);
  return `${main.summary}\n${post?.summary}\n${main.log}\n${JSON.stringify([files, main.annotations])}`;
}

describe('a release with build secrets, a registry password and tokens', () => {
  let result: JobResult;
  let seen: Set<string>;
  let secrets: string[];
  const tag = () => JSON.parse(result.main.outputs['images'] ?? '{}').api.releaseTag as string;

  beforeAll(async () => {
    const token = runtimeToken();
    secrets = [LOGIN.password, OF_VARIABLE, OF_FILE, TOKEN, token];
    ({ result, seen } = await watchCommandLines(run(token)));
    if (result.main.exitCode !== 0) throw new Error(result.main.log);
  });

  test('succeeds: the build checks both build secrets, and the registry requires the password', async () => {
    expect(result.main.outputs).toMatchObject({
      released: 'true',
      'deploy-commit': expect.stringMatching(/^\w{40}$/),
    });
    await expect(viewRepository(`${shop.prefix}/api`).manifest(tag())).rejects.toThrow('401');
  });

  test('writes none of them to stdout, stderr, outputs, state or summary', () => {
    expect(secretsIn(written(result), secrets)).toEqual([]);
    expect(secretsIn(handedOver(result), secrets)).toEqual([]);
  });

  test('passes none of them on a command line', () => {
    expect([...seen].some((command) => command.includes('buildx bake'))).toBe(true);
    expect(secretsIn([...seen].join('\n'), secrets)).toEqual([]);
  });

  test('puts none of them into the image, its history, labels, provenance or layers', async () => {
    for (const key of ['api', 'web']) {
      const text = await viewRepository(`${shop.prefix}/${key}`, LOGIN).everything(tag());
      expect(text.includes('https://slsa.dev/provenance')).toBe(true);
      expect(secretsIn(text, secrets)).toEqual([]);
    }
  });

  test('exports none of them with the build cache', () => {
    const blobs = cache.store.entries.flatMap(({ blob }) => (blob === undefined ? [] : [unpacked(blob)]));
    expect(blobs.some((text) => text.includes('api of '))).toBe(true);
    const keys = cache.store.entries.map(({ key }) => key).join('\n');
    expect(secretsIn([keys, ...blobs].join('\n'), secrets)).toEqual([]);
  });

  test("keeps the user's Docker configuration and leaves no files behind", async () => {
    expect(await readdir(userConfig)).toEqual(['config.json']);
    expect(await readFile(join(userConfig, 'config.json'), 'utf8')).toContain('"example.org"');
    expect(result.leftovers).toEqual([]);
  });
});

test('build secrets that a failing step prints appear in no log, output, annotation or summary', async () => {
  await shop.push({ 'api/Dockerfile': dockerfile('cat /run/secrets/variable /run/secrets/file && false') });
  const result = await run(runtimeToken());
  expect(result.main.exitCode).toBe(1);
  expect(result.main.annotations).toMatchObject([{ level: 'error', file: 'api/Dockerfile', line: 3 }]);
  expect(secretsIn(written(result) + handedOver(result), [OF_VARIABLE, OF_FILE])).toEqual([]);
  expect(result.leftovers).toEqual([]);
});

function unpacked(blob: Buffer): string {
  return (blob[0] === 0x1f && blob[1] === 0x8b ? gunzipSync(blob) : blob).toString('latin1');
}
