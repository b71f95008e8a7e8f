/** @programs docker */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAcmeRepository } from '../../testing/acme.js';
import { labFromEnvironment } from '../../lab/shared-lab.js';
import { run } from '../../src/lib/process.js';

const lab = labFromEnvironment();
let dir: string;
beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), 'builders-'))));
afterEach(() => rm(dir, { recursive: true, force: true }));

async function docker(args: string[], input?: string, cwd = dir): Promise<string> {
  const env = {
    PATH: process.env.PATH,
    HOME: dir,
    DOCKER_HOST: lab.dockerHost,
    BUILDX_CONFIG: join(dir, 'buildx'),
  };
  const result = await run('docker', args, { cwd, env, input });
  if (result.code !== 0) throw new Error(`docker ${args.join(' ')}\n${result.stderr.toString()}`);
  return result.stdout.toString();
}

/** Both images of the example in one bake, pushed by digest alone, attested. */
function bakeByDigest(repository: string): string {
  const target = (context: string, name: string) => ({
    context,
    contexts: { 'node:24-alpine': `docker-image://${lab.baseNode}` },
    attest: ['type=provenance,mode=max', `type=sbom,generator=${lab.scanner}`],
    output: [`type=image,name=${repository}/${name},push-by-digest=true,name-canonical=true,push=true`],
  });
  return JSON.stringify({
    group: { default: { targets: ['api', 'web'] } },
    target: { api: target('api', 'api'), web: target('web', 'web') },
  });
}

describe.each([
  { driver: 'remote', create: [lab.buildkit] },
  {
    driver: 'docker-container',
    create: ['--bootstrap', '--driver-opt', `image=${lab.buildkitImage},network=host`],
  },
  {
    driver: 'docker-container',
    create: ['--bootstrap', '--driver-opt', `image=${lab.buildkitImage}`],
  },
])('a builder with the $driver driver, created with $create', ({ driver, create }) => {
  test('builds the example without a network, attests it, pushes it by digest, and goes without a trace', async () => {
    const name = `probe-${driver}-${process.pid}`;
    const acme = await createAcmeRepository({
      dir,
      registry: lab.registry,
      baseNode: lab.baseNode,
      prefix: name,
    });
    const metadata = join(dir, 'metadata.json');
    await docker(['buildx', 'create', '--name', name, '--driver', driver, ...create]);
    const started = await docker(['ps', '--all', '--format', '{{.Names}}']);
    expect(started.includes(`buildx_buildkit_${name}0`)).toBe(driver === 'docker-container');

    const args = ['buildx', 'bake', '--builder', name, '--file', '-', '--metadata-file', metadata];
    await docker(args, bakeByDigest(`${lab.registry}/${name}`), acme.dir);
    await docker(['buildx', 'rm', name]);

    const { api } = (await import(metadata, { with: { type: 'json' } })).default;
    const reference = `${lab.registry}/${name}/api@${api['containerimage.digest']}`;
    const sbom = await docker(['buildx', 'imagetools', 'inspect', reference, '--format', '{{json .SBOM.SPDX}}']);
    const packages: { name: string; versionInfo: string }[] = JSON.parse(sbom).packages;
    expect(packages.find((entry) => entry.name === 'express')?.versionInfo).toMatch(/^5\./);
    const tags = await fetch(`http://${lab.registry}/v2/${name}/api/tags/list`);
    expect(((await tags.json()) as { tags?: string[] }).tags ?? []).toEqual([]);
    expect(await docker(['ps', '--all', '--format', '{{.Names}}'])).not.toContain(name);
    expect(await docker(['volume', 'ls', '--quiet'])).not.toContain(name);
  }, 120_000);
});
