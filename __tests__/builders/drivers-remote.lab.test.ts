/** @programs docker */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { startBuildkitProxy } from '../../lab/buildkit-proxy.js';
import { startDockerDaemon } from '../../lab/docker-daemon.js';
import { certifyHosts } from '../../testing/fake-sigstore/certificate.js';
import { createLabDirectory, removeLabDirectory } from '../../lab/lab-directory.js';
import type { RemoteSettings } from '../../src/config/builder-settings.js';
import { needsOf } from '../../src/builders/buildx/buildx-builder.js';
import { remoteBuilder } from '../../src/builders/buildx/drivers.js';
import { probeDocker, type DockerFacts } from '../../src/facts/docker.js';
import { run } from '../../src/lib/process.js';
import type { PlannedImage } from '../../src/plan/plan.js';
import { createBakery, problemsOf, SHELL, type Bakery } from './bakery.js';
import { fromRegistry } from './registry-reader.js';
import { planOf } from './samples.js';

let bakery: Bakery;
/** Addresses of two BuildKits behind TLS: that of the lab's daemon, and that of a second daemon. */
let [secured, second] = ['', ''];
const parts: (() => Promise<unknown>)[] = [];
let env: NodeJS.ProcessEnv;
let docker: DockerFacts;

beforeAll(async () => {
  bakery = await createBakery();
  const [host, client, stranger] = await Promise.all(
    ['buildkit.lab', 'client.lab', 'stranger.lab'].map((name) => certifyHosts([name])),
  );
  const folder = join(bakery.site.root, 'certs, of ours');
  await mkdir(folder);
  const files = {
    ca: host!.authority,
    cert: client!.certificate,
    key: client!.key,
    other: stranger!.authority,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, `${name}.pem`), text);

  const dir = await createLabDirectory();
  const daemon = await startDockerDaemon({ dir: join(dir, 'd') });
  const proxy = await startBuildkitProxy({ dockerHost: daemon.host });
  const certificates = { key: host!.key, cert: host!.certificate, ca: client!.authority };
  const fronts = [bakery.proxyPort, proxy.port].map((port) => secure(port, certificates));
  [secured = '', second = ''] = await Promise.all(fronts.map(listen));
  parts.push(
    ...fronts.map((front) => () => new Promise((resolve) => front.close(resolve))),
    () => proxy.stop(),
    () => daemon.stop(),
    () => removeLabDirectory(dir),
    () => bakery.close(),
  );
  // As in a pod: Docker's client without a daemon.
  env = { ...bakery.site.env, DOCKER_HOST: 'unix:///nowhere/docker.sock' };
  docker = await probeDocker({ env, run });
});
afterEach(async () => {
  expect(await readdir(bakery.site.temp)).toEqual([]);
  const builders = await readdir(join(bakery.site.env.DOCKER_CONFIG, 'buildx/instances'));
  expect(builders.filter((name) => name.startsWith('image-release-'))).toEqual([]);
});
afterAll(async () => {
  for (const stop of parts) await stop();
});

/** A TLS proxy for a BuildKit: its certificate is for `buildkit.lab`, and clients need a certificate. */
function secure(port: number, certificates: { key: string; cert: string; ca: string }): Server {
  const options = { ...certificates, requestCert: true, rejectUnauthorized: true, ALPNProtocols: ['h2'] };
  return createServer(options, (socket) => {
    const buildkit = connect(port, '127.0.0.1');
    socket.pipe(buildkit).pipe(socket);
    socket.on('error', () => buildkit.destroy());
    buildkit.on('error', () => socket.destroy());
  });
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const tlsWith = (ca: string) => ({
  ca: `certs, of ours/${ca}.pem`,
  cert: 'certs, of ours/cert.pem',
  key: 'certs, of ours/key.pem',
  serverName: 'buildkit.lab',
});

async function build(
  images: PlannedImage[],
  settings: Omit<RemoteSettings, 'type'>,
  over: Parameters<Bakery['build']>[1] = {},
) {
  const verdict = remoteBuilder(
    { type: 'remote', ...settings },
    { docker, needs: needsOf(planOf(images)), reason: 'It is configured' },
  );
  if (verdict.status !== 'chosen') throw new Error(JSON.stringify(verdict));
  return bakery.build(images, { env, builder: verdict.builder, ...over });
}

test('a BuildKit behind TLS builds without a daemon; its builder is removed, and its cache is kept', async () => {
  await bakery.site.write('api/Dockerfile', `${SHELL}RUN echo tls ${bakery.id}\n`);
  const marks: string[] = [];
  const api = bakery.image('api');
  const settings = { nodes: [{ endpoint: secured, platforms: [] }], tls: tlsWith('ca') };
  const { images } = await build([api], settings, { onBuilder: (mark) => marks.push(mark) });
  expect(images).toMatchObject([{ pushed: 'by-digest', digest: expect.stringMatching(/^sha256:/) }]);
  expect(marks).toEqual([expect.stringMatching(/^image-release-[0-9a-f]{8}$/)]);
  const again = await build([api], settings);
  expect(again.images[0]!.steps).toMatchObject({ cached: expect.any(Number) });
  expect(again.images[0]!.steps.cached).toBeGreaterThan(0);
});

test('two nodes for different platforms build one image', async () => {
  await bakery.site.write('api/Dockerfile', `FROM scratch\nCOPY Dockerfile /\nLABEL of=${bakery.id}\n`);
  const api = bakery.image('api', { platforms: ['linux/amd64', 'linux/arm64'] });
  const nodes = [
    { endpoint: secured, platforms: ['linux/amd64'] },
    { endpoint: second, platforms: ['linux/arm64'] },
  ];
  const { images } = await build([api], { nodes, tls: tlsWith('ca') });
  const { json } = await fromRegistry(api, 'manifests', images[0]!.digest!);
  const platforms = json.manifests.map((manifest: object) =>
    'platform' in manifest ? JSON.stringify(manifest.platform) : '',
  );
  expect(platforms).toEqual(
    expect.arrayContaining(['amd64', 'arm64'].map((name) => expect.stringContaining(`"${name}"`))),
  );
});

test('fails if the certificate of the BuildKit is from another authority', async () => {
  const settings = { nodes: [{ endpoint: secured, platforms: [] }], tls: tlsWith('other') };
  expect(await problemsOf(build([bakery.image('api')], settings))).toMatchObject([
    {
      code: 'build/builder-unusable',
      message: "Can't connect to the BuildKit of the remote builder: no answer within 10 s.",
      fix: expect.stringContaining('`tls` of `builder`'),
    },
  ]);
});
