import { INPUTS_ANNOTATION, RECORD_ANNOTATION } from '../../src/plan/baseline.js';
import { formatBytes, formatSeconds } from '../../src/report/format.js';
import { renderOutputs, type ImageOutput } from '../../src/report/outputs.js';
import { releasedReport, reusingReport } from './sample.js';

test('outputs the ref of an image as a pullable reference with tag and digest', () => {
  const outputs = renderOutputs(releasedReport());
  const digest = `sha256:${'a'.repeat(64)}`;
  expect(outputs['api-digest']).toBe(digest);
  expect(outputs['api-ref']).toBe(`ghcr.io/acme/api:main-1a2b3c4@${digest}`);
  const images = JSON.parse(outputs['images']!) as Record<string, ImageOutput>;
  expect(Object.keys(images)).toEqual(['api', 'web']);
  expect(images['api']).toMatchObject({ image: 'ghcr.io/acme/api', digest, releaseTag: 'main-1a2b3c4' });
  expect(outputs['released']).toBe('true');
  expect(outputs['deploy-commit']).toBe('c0ffee0000000000000000000000000000000000');
});

test('outputs digest, release tag, reason and source commit of an unchanged image', () => {
  const outputs = renderOutputs(reusingReport('api'));
  const digest = `sha256:${'d'.repeat(64)}`;
  const images = JSON.parse(outputs['images']!) as Record<string, ImageOutput>;
  expect(images).toMatchObject({
    api: {
      status: 'unchanged',
      digest,
      ref: `ghcr.io/acme/api:main-1a2b3c4@${digest}`,
      reason: 'since main-0c0c0c0 (3 commits)',
      fingerprint: `v1:${'7'.repeat(64)}`,
      builtFrom: '0c'.repeat(20),
    },
    web: { status: 'built', reason: 'web/server.js changed' },
  });
  expect(images['web']).not.toHaveProperty('builtFrom');
  expect(outputs['released']).toBe('true');
});

test('omits the record of inputs from the output `plan`', () => {
  const report = releasedReport();
  report.plan!.images[0]!.annotations = { [RECORD_ANNOTATION]: 'long', [INPUTS_ANNOTATION]: 'v1:7' };
  const plan = JSON.parse(renderOutputs(report)['plan']!) as { images: Record<string, object> };
  expect(plan.images['api']).toHaveProperty('annotations', { [INPUTS_ANNOTATION]: 'v1:7' });
});

test('outputs released=false, no digest and no deploy commit for a failed run', () => {
  const outputs = renderOutputs({
    ...releasedReport(),
    outcome: { status: 'failed', stage: 'publish', problems: [] },
    published: [],
    deployments: [],
  });
  expect(outputs['released']).toBe('false');
  expect(outputs['api-digest']).toBeUndefined();
  expect(outputs['deploy-commit']).toBe('');
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [51_300_000, '51.3 MB'],
  [999_949_999, '1.0 GB'],
  [1_250_000_000, '1.3 GB'],
])('formats %d bytes as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [0.04, '0.0 s'],
  [9.94, '9.9 s'],
  [9.96, '10 s'],
  [59.4, '59 s'],
  [185, '3 min 05 s'],
])('formats %d seconds as %s', (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});
