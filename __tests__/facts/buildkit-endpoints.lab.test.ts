import { labFromEnvironment } from '../../lab/shared-lab.js';
import { linkedServices, probeEndpoints } from '../../src/facts/buildkit-endpoints.js';
import { run } from '../../src/lib/process.js';

test('finds BuildKit in a pod through environment variables, without a service account', async () => {
  const { buildkit } = labFromEnvironment();
  const { hostname, port } = new URL(buildkit);
  const env = {
    PATH: '/none',
    BUILDKIT_HOST: 'tcp://127.0.0.1:9',
    BUILDKITD_SERVICE_HOST: hostname,
    BUILDKITD_SERVICE_PORT: port,
  };
  const configured = [{ address: 'tcp://127.0.0.1:9' }];
  const pod = { serviceAccount: 'none' } as const;
  expect(await probeEndpoints({ env, run, configured, pod })).toMatchObject([
    { address: 'tcp://127.0.0.1:9', from: 'the configuration', answer: { status: 'no-answer' } },
    { address: buildkit, from: "the pod's environment", answer: { status: 'serves' } },
  ]);
  expect(linkedServices({ REDIS_SERVICE_HOST: '10.0.0.1', BUILDKIT_SERVICE_HOST: '10.0.0.2' })).toEqual([
    'tcp://10.0.0.2:1234',
  ]);
});
