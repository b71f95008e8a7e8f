/** @programs docker kustomize */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type AcmeRepository, createAcmeRepository } from '../../testing/acme.js';
import { labFromEnvironment } from '../../lab/shared-lab.js';
import { run } from '../../src/lib/process.js';

const lab = labFromEnvironment();
let dir: string;
let acme: AcmeRepository;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'acme-'));
  acme = await createAcmeRepository({
    dir,
    registry: lab.registry,
    baseNode: lab.baseNode,
    scanner: lab.scanner,
  });
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function docker(...args: string[]): Promise<string> {
  const env = { PATH: process.env.PATH, HOME: dir, DOCKER_HOST: lab.dockerHost };
  const result = await run('docker', args, { cwd: acme.dir, env });
  if (result.code !== 0) throw new Error(`docker ${args.join(' ')}\n${result.stderr.toString()}`);
  return result.stdout.toString().trim();
}

test.each(['k8s', 'k8s/overlays/staging', 'k8s/overlays/production'])(
  'kustomize builds %s with both images',
  async (folder) => {
    const { code, stdout } = await run('kustomize', ['build', folder], {
      cwd: acme.dir,
      env: { PATH: process.env.PATH },
    });
    expect(code).toBe(0);
    const images = [...stdout.toString().matchAll(/image: (\S+):/g)].map(([, image]) => image);
    expect(images).toEqual([`${acme.registry}/acme-api`, `${acme.registry}/acme-frontend`]);
  },
);

async function untilHealthy(container: string): Promise<string> {
  for (let attempt = 0; attempt < 150; attempt++) {
    const health = await docker('inspect', '--format', '{{.State.Health.Status}}', container);
    if (health !== 'starting') return health;
    await delay(200);
  }
  return 'starting';
}

test.each([
  { folder: 'api', port: 3000, path: '/healthz', answer: '"status":"ok"' },
  { folder: 'web', port: 8080, path: '/client.js', answer: 'https://api.acme.test/products' },
])(
  'the image of $folder answers on $path, is healthy, and runs as the user node',
  async ({ folder, port, path, answer }) => {
    const tag = `acme-test-${folder}:${process.pid}`;
    await docker(
      ...['build', '--quiet', '--build-context', `node:24-alpine=docker-image://${lab.baseNode}`, '--tag', tag],
      ...['--build-arg', 'NEXT_PUBLIC_API_URL=https://api.acme.test', folder],
    );
    const container = await docker(
      'run',
      '--detach',
      '--health-interval=200ms',
      '--publish',
      `127.0.0.1::${port}`,
      tag,
    );
    try {
      expect(await untilHealthy(container)).toBe('healthy');
      const address = await docker('port', container, `${port}/tcp`);
      expect(await (await fetch(`http://${address}${path}`)).text()).toContain(answer);
      expect(await docker('exec', container, 'id', '-un')).toBe('node');
    } finally {
      await docker('rm', '--force', container);
      await docker('rmi', '--force', tag);
    }
  },
  60_000,
);
