import { executorArguments, cacheRepositoryOf } from '../../../src/builders/kaniko/arguments.js';
import { stagingTag } from '../../../src/builders/kaniko/run-executor.js';
import { OPTIONS } from './fixtures/pods.js';

test('maps the plan to arguments, with secrets as file paths, and without cache or push if they are off', () => {
  const args = executorArguments({
    ...OPTIONS,
    target: { target: 'runtime', args: { A: 'b=c d' }, labels: { l: '"x"' }, noCache: false },
    platform: 'linux/arm64',
    annotations: { title: 'api' },
    secrets: [{ id: 'token', path: '/kaniko/image-release-secrets/secret-0' }],
    reads: ['127.0.0.1:5000/base:1'],
  });
  expect(args).toEqual(
    expect.arrayContaining([
      '--destination=ghcr.io/acme/api:main-1234567-build-1a2b3c4d',
      '--target=runtime',
      '--custom-platform=linux/arm64',
      '--build-arg=SOURCE_DATE_EPOCH=1700000000',
      '--build-arg=A=b=c d',
      '--label=l="x"',
      '--annotation=title=api',
      '--secret=id=token,type=file,src=/kaniko/image-release-secrets/secret-0',
      '--cache-repo=ghcr.io/acme/api/cache',
      '--compressed-caching=false',
      '--image-format=oci',
      '--push-retry=3',
      '--insecure-registry=127.0.0.1:5000',
    ]),
  );
  const uncached = executorArguments({ ...OPTIONS, target: { ...OPTIONS.target, noCache: true } });
  expect(uncached.filter((arg) => arg.startsWith('--cache'))).toEqual([]);
  const { destination: _, ...unpushed } = OPTIONS;
  expect(executorArguments(unpushed)).toContain('--no-push');
});

test('pushes layers to the cache only if the run may write the cache', () => {
  const flags = (cache: 'read' | 'write') =>
    executorArguments({ ...OPTIONS, cache }).filter((arg) => /^--(no-push|cache=)/.test(arg));
  expect(flags('write')).toEqual(['--cache=true']);
  expect(flags('read')).toEqual(['--no-push-cache', '--cache=true']);
});

test("caches layers below the image's repository, on Docker Hub in it, or in the configured repository", () => {
  expect(cacheRepositoryOf('ghcr.io/acme/api', undefined)).toBe('ghcr.io/acme/api/cache');
  expect(cacheRepositoryOf('docker.io/acme/api', undefined)).toBe('docker.io/acme/api');
  expect(cacheRepositoryOf('ghcr.io/acme/api', 'ghcr.io/acme/layers')).toBe('ghcr.io/acme/layers');
});

test('a staging tag contains the run and the platform, and has at most 128 characters', () => {
  const tagOf = (tag: string, platform: string) =>
    stagingTag({ repository: 'r', tag }, { platform, task: 'build', run: '1a2b3c4d' }, { mode: 'push' })!.tag;
  expect(tagOf('main-1234567', 'linux/arm/v7')).toBe('main-1234567-build-1a2b3c4d-arm-v7');
  const long = tagOf('v'.repeat(128), '');
  expect(long).toHaveLength(128);
  expect(long).toMatch(/-build-1a2b3c4d$/);
});
