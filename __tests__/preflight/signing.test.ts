import type { Facts } from '../../src/facts/facts.js';
import { problemsIn } from './fixtures.js';

const FILES = { 'api/Dockerfile': `FROM busybox\nCOPY x /\n`, 'api/x': '' };

const told = async (sign: string, signing: Facts['signing'], over: Partial<Facts> = {}) => {
  const config = `attest: { sign: ${sign} }\nimages: { api: }`;
  const problems = await problemsIn(FILES, config, { over: { ...over, ...(signing && { signing }) } });
  return problems.map(({ code, place }) => `${code} ${place?.file}:${place?.line}`);
};

test.each<[string, string, Facts['signing'], string[]]>([
  [
    'a job without `id-token: write`',
    'github',
    { by: 'github', identity: 'not-granted' },
    ['preflight/cannot-sign image-release.yml:2'],
  ],
  ['a terminal', 'github', { by: 'github', identity: 'no-job' }, ['preflight/cannot-sign image-release.yml:2']],
  [
    'a machine without cosign',
    'cosign',
    { by: 'cosign', signer: 'no-program' },
    ['preflight/cannot-sign image-release.yml:2'],
  ],
  [
    'a job in which cosign has neither key nor identity',
    'cosign',
    { by: 'cosign', signer: 'no-identity' },
    ['preflight/cannot-sign image-release.yml:2'],
  ],
  ['a job with `id-token: write`', 'github', { by: 'github', identity: 'granted' }, []],
  ['a machine with cosign', 'cosign', { by: 'cosign', signer: 'ready' }, []],
  ['a plan that is only printed', 'github', undefined, []],
  ['a release that signs nothing', 'off', { by: 'github', identity: 'not-granted' }, []],
])('preflight checks that signing is possible: %s', async (_, sign, signing, expected) => {
  expect(await told(sign, signing)).toEqual(expected);
});

test('a job that signs images needs `id-token: write` and `attestations: write`', async () => {
  const workflow = (permissions: string) =>
    `on: push\nconcurrency: release\njobs:\n  release:\n    timeout-minutes: 9\n    permissions: ${permissions}\n    steps: [{ uses: acme/image-release@v1 }]\n`;
  const look = (permissions: string) =>
    problemsIn(
      { ...FILES, '.github/workflows/release.yml': workflow(permissions) },
      'attest: { sign: github }\nimages: { api: }',
    );
  const [problem] = await look('{ contents: write, packages: write }');
  expect(problem).toMatchObject({
    code: 'preflight/workflow-permissions',
    message: 'Job release releases without `id-token: write` and `attestations: write`.',
  });
  expect(await look('{ contents: write, packages: write, id-token: write, attestations: write }')).toEqual([]);
});
