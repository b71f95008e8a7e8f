/** @programs kubectl */
import { readdir } from 'node:fs/promises';
import type { ProgressEvent } from '../../../src/builders/progress-events.js';
import { Secret } from '../../../src/lib/secret.js';
import { watchCommandLines } from '../../processes.js';
import { SHELL } from '../bakery.js';
import { fromRegistry, tagsOf } from '../registry-reader.js';
import { startKanikoCluster, type KanikoCluster } from './fixtures/cluster.js';

let kaniko: KanikoCluster;

beforeAll(async () => {
  kaniko = await startKanikoCluster();
});
afterEach(async () => {
  // Nothing is left on this machine or in the cluster.
  expect(await readdir(kaniko.site.temp)).toEqual([]);
  expect(kaniko.cluster.pods()).toEqual([]);
  expect(kaniko.cluster.list('Secret')).toEqual([]);
});
afterAll(() => kaniko?.close());

test('builds two images in parallel pods with target, arguments and labels, and again from the cache', async () => {
  const { site, id, cluster } = kaniko;
  await site.write(
    'api/Dockerfile',
    `FROM scratch AS base\nCOPY shell/ /\nFROM base AS wanted\nARG WHO\nRUN echo "$WHO" ${id} && echo "$WHO" > /who\nFROM base AS unwanted\nRUN exit 1\n`,
  );
  await site.write('web/Dockerfile', `${SHELL}RUN echo ${id} web\n`);
  const images = [
    kaniko.image('api', {
      target: 'wanted',
      args: { WHO: '$(HOME) and $PATH' },
      labels: { title: 'a "title", $(HOME)' },
      annotations: { 'org.opencontainers.image.title': 'api', 'dev.image-release.inputs': 'v1:0' },
    }),
    kaniko.image('web'),
  ];
  const events: ProgressEvent[] = [];
  const result = await kaniko.build(images, { order: { onProgress: (event) => events.push(event) } });

  expect(result.warnings?.filter(({ code }) => !code.startsWith('build/warning'))).toEqual([]);
  expect(result.images.map(({ key, pushed }) => [key, pushed])).toEqual([
    ['api', 'by-digest'],
    ['web', 'by-digest'],
  ]);
  const index = await fromRegistry(images[0]!, 'manifests', result.images[0]!.digest!);
  expect(index.json.annotations).toMatchObject({
    'org.opencontainers.image.title': 'api',
    'dev.image-release.inputs': 'v1:0',
  });
  const [platform] = index.json.manifests;
  const manifest = await fromRegistry(images[0]!, 'manifests', platform!.digest);
  expect(manifest.json.annotations).toEqual({ 'org.opencontainers.image.title': 'api' });
  const { config } = manifest.json as unknown as { config: { digest: string } };
  const { json } = await fromRegistry(images[0]!, 'blobs', config.digest);
  expect(json).toMatchObject({ config: { Labels: { title: 'a "title", $(HOME)' } } });
  const printed = events.flatMap((event) => (event.type === 'output' ? [event.line] : []));
  expect(printed).toContain(`$(HOME) and $PATH ${id}`);
  const steps = events.flatMap((event) => (event.type === 'completed' ? [event.step.name] : []));
  expect(steps).toEqual(expect.arrayContaining([expect.stringMatching(/^\[wanted 1\/1\] RUN echo/)]));
  expect(result.images[0]!.steps.total).toBeGreaterThanOrEqual(2);
  // Both ran at once: the second pod was created before the first was removed.
  const verbs = cluster.requests.filter(
    ({ resource, verb }) => resource === 'pods' && ['create', 'delete'].includes(verb ?? ''),
  );
  expect(verbs.slice(0, 2).map(({ verb }) => verb)).toEqual(['create', 'create']);

  // A second build, which pushes nothing, finds the layers in the repository of the cache.
  const publish = { mode: 'build-only' as const, reason: 'asked for' };
  const { images: again } = await kaniko.build([{ ...images[0]!, releaseTag: 'proof' }], { publish });
  expect(again).toMatchObject([{ key: 'api', pushed: 'no' }]);
  expect(again[0]!.steps.cached).toBeGreaterThanOrEqual(1);
  expect(await tagsOf(images[0]!)).toEqual([expect.stringMatching(/^main-/)]);
});

test('builds an image on another image of the release, through a named context', async () => {
  const { site, id } = kaniko;
  await site.write('api/Dockerfile', `${SHELL}RUN echo base ${id} > /base\n`);
  await site.write(
    'web/Dockerfile',
    `FROM acme/base AS one\nRUN grep ${id} /base\nFROM scratch\nCOPY --from=acme/base /base /\n`,
  );
  const images = [kaniko.image('web', { contexts: { 'acme/base': 'image:api' } }), kaniko.image('api')];
  const queued: ProgressEvent[] = [];
  const onProgress = (event: ProgressEvent) => void (event.type === 'queued' && queued.push(event));
  const { images: built } = await kaniko.build(images, { order: { onProgress } });
  expect(built.map(({ key }) => key)).toEqual(['web', 'api']);
  expect(queued).toEqual([{ type: 'queued', key: 'web', message: 'Waits for api, which it is built on' }]);
});

test('build secrets reach the pod, and command lines show neither secrets nor logins', async () => {
  const { site, id } = kaniko;
  const queued: ProgressEvent[] = [];
  const word = `hush-${id}`;
  await site.write(
    'api/Dockerfile',
    `${SHELL}RUN --mount=type=secret,id=token word=$(cat /run/secrets/token) && test \${#word} = ${word.length}\n`,
  );
  await site.write('web/Dockerfile', `${SHELL}RUN echo ${id} next\n`);
  const lines: string[] = [];
  const redact = (text: string) => text.replaceAll(word, '***');
  const images = [kaniko.image('api', { secrets: [{ id: 'token', env: 'TOKEN' }] }), kaniko.image('web')];
  const { seen } = await watchCommandLines(
    kaniko.build(images, {
      settings: { parallel: 1 },
      findLogin: async () => ({ username: 'me', password: new Secret('p4ssw0rd') }),
      order: {
        env: { ...site.env, TOKEN: word },
        onProgress: (event) => {
          if (event.type === 'completed') lines.push(JSON.stringify(event));
          if (event.type === 'queued') queued.push(event);
        },
        redact,
      },
    }),
  );
  const message = 'Waits for a pod to end: 1 may run at once';
  expect(queued).toEqual([{ type: 'queued', key: expect.stringMatching(/^(api|web)$/), message }]);
  const commands = [...seen].join('\n');
  expect(commands).toContain('kubectl');
  expect(commands).not.toContain(word);
  expect(commands).not.toContain('p4ssw0rd');
  expect(lines.join('\n')).not.toContain('p4ssw0rd');
});
