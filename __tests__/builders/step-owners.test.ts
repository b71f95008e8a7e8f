import { COMPLETED, follow, json, STARTED } from './followed-progress.js';

test('with a single image every step is its own, whatever its stage is called', () => {
  const step = { digest: 'sha256:1', name: '[web 1/2] RUN true', started: STARTED, completed: COMPLETED };
  const { log } = follow(json({ vertexes: [step] }), ['api']);
  expect(log.steps).toMatchObject([{ key: 'api', name: '[web 1/2] RUN true' }]);
  expect(log.images['api']).toEqual({ seconds: 3.5, steps: { total: 1, cached: 0 } });
});

test.each([
  ['[api linux/arm64 deps 2/5] RUN npm ci', 'api', '[linux/arm64 deps 2/5] RUN npm ci'],
  ['[api] pushing ghcr.io/acme/api with docker', 'api', 'pushing ghcr.io/acme/api with docker'],
  ['[api] [auth] acme/api:pull token for ghcr.io', 'api', '[auth] acme/api:pull token for ghcr.io'],
  ['[apiary 1/2] RUN true', undefined, '[apiary 1/2] RUN true'],
  ['[internal] booting buildkit', undefined, '[internal] booting buildkit'],
])('%s belongs to %s', (name, key, rest) => {
  const vertex = { digest: 'sha256:1', name, started: STARTED, completed: COMPLETED };
  const { log } = follow(json({ vertexes: [vertex] }), ['api', 'web']);
  expect(log.steps).toMatchObject([{ name: rest }]);
  expect(log.steps[0]!.key).toBe(key);
});

test.each([
  [
    'process "/bin/sh -c sleep 9" did not complete successfully: exit code: 137: context canceled',
    '[api 1/1] RUN sleep 9',
  ],
  [
    'rpc error: code = Unavailable desc = error reading from server: EOF: context canceled',
    '[api internal] load build context',
  ],
  [
    'failed to configure registry cache importer: ghcr.io/acme/api:cache: not found',
    '[api] importing cache manifest from ghcr.io/acme/api:cache',
  ],
])('%s blames nobody', (error, name) => {
  const vertex = { digest: 'sha256:1', name, started: STARTED, completed: COMPLETED, error };
  expect(follow(json({ vertexes: [vertex] }), ['api', 'web']).log.failed).toEqual([]);
});
