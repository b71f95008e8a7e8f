/** @programs docker */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labFromEnvironment } from '../../lab/shared-lab.js';
import { run } from '../../src/lib/process.js';
import { createRegistryClient, resolveReference } from '../../src/registry/client.js';
import type { ExpectedImage } from '../../src/registry/check.js';
import { verifyImage } from '../../src/registry/verify.js';
import { sha256 } from './test-images.js';

const lab = labFromEnvironment();
const image = `${lab.registry}/registry-test/real`;
const client = createRegistryClient({ credentials: async () => undefined, userAgent: 'image-release-test' });
let folder: string;
let revision: string;

async function command(program: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, DOCKER_HOST: lab.dockerHost, BUILDX_GIT_INFO: 'true' };
  const { code, stdout, stderr } = await run(program, args, { cwd: folder, env });
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr.toString()}`);
  return stdout.toString().trim();
}

const build = (tag: string, ...options: string[]) =>
  command('docker', 'buildx', 'build', '--push', '--tag', `${image}:${tag}`, ...options, '.');

async function verify(tag: string, expected: ExpectedImage) {
  const digest = (await resolveReference(client, image, tag)) ?? '';
  return { digest, verification: await verifyImage({ client, key: 'real', image, digest, expected }) };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'real-build-test-'));
  await mkdir(join(folder, 'node_modules', 'express'), { recursive: true });
  const manifest = JSON.stringify({ name: 'express', version: '5.1.0', license: 'MIT' });
  await writeFile(join(folder, 'node_modules', 'express', 'package.json'), manifest);
  await writeFile(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY node_modules /app/node_modules\n');
  const author = ['-c', 'user.name=Test', '-c', 'user.email=test@example.org'];
  await command('git', 'init', '--quiet', '--initial-branch=main');
  await command('git', 'add', '--all');
  await command('git', ...author, 'commit', '--quiet', '--message=Start');
  await command('git', 'remote', 'add', 'origin', 'https://github.com/acme/shop.git');
  revision = await command('git', 'rev-parse', 'HEAD');
}, 60_000);
afterAll(async () => {
  client.close();
  await rm(folder, { recursive: true, force: true });
});

test('what buildx pushed with SBOM and provenance for two platforms is found whole', async () => {
  const attest = ['--attest=type=provenance,mode=max', `--attest=type=sbom,generator=${lab.scanner}`];
  await build('full', '--platform=linux/amd64,linux/arm64', ...attest);
  const expected: ExpectedImage = {
    platforms: ['linux/amd64', 'linux/arm64'],
    provenance: 'max',
    sbom: 'on',
  };
  const { digest, verification } = await verify('full', expected);
  expect(verification).toMatchObject({ status: 'sound', document: { digest } });
  if (verification.status !== 'sound') return;
  expect(sha256(verification.document.bytes)).toBe(digest);
  expect(verification.platforms.map(({ platform }) => platform)).toEqual(expected.platforms);
  for (const { sbom, provenance, size } of verification.platforms) {
    expect(size).toBeGreaterThan(0);
    expect(sbom?.packages).toBeGreaterThan(0);
    expect(provenance).toMatchObject({ source: 'https://github.com/acme/shop.git', revision });
  }
}, 120_000);

test('what buildx pushed with less than is configured is refused', async () => {
  await build('less', '--attest=type=provenance,mode=min');
  const { verification } = await verify('less', {
    platforms: ['linux/amd64'],
    provenance: 'max',
    sbom: 'on',
  });
  expect(verification).toMatchObject({ status: 'unsound' });
  const problems = verification.status === 'unsound' ? verification.problems : [];
  const told = problems.map(({ message }) => message).join('\n');
  expect(told).toContain('has no SBOM');
  expect(told).toContain('mode min where max is configured');
}, 120_000);

test('what buildx pushed without attestations is one manifest of its platform', async () => {
  await build('bare', '--provenance=false', '--sbom=false', '--platform=linux/arm64');
  const { verification } = await verify('bare', { platforms: [], provenance: 'off', sbom: 'off' });
  expect(verification).toMatchObject({ status: 'sound', platforms: [{ platform: 'linux/arm64' }] });
}, 120_000);
