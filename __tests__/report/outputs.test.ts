import { INPUTS_ANNOTATION, RECORD_ANNOTATION } from '../../src/plan/baseline.js';
import { formatBytes, formatSeconds } from '../../src/report/format.js';
import { renderOutputs, type ImageOutput } from '../../src/report/outputs.js';
import { releasedReport, reusingReport } from './sample.js';

test('lesson 12: an image’s ref is a pullable reference with tag and digest, never an id', () => {
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

test('an image that is used again has its digest, this release’s tag, and where it comes from', () => {
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

test('the record of inputs is too long for the output `plan`', () => {
  const report = releasedReport();
  report.plan!.images[0]!.annotations = { [RECORD_ANNOTATION]: 'long', [INPUTS_ANNOTATION]: 'v1:7' };
  const plan = JSON.parse(renderOutputs(report)['plan']!) as { images: Record<string, object> };
  expect(plan.images['api']).toHaveProperty('annotations', { [INPUTS_ANNOTATION]: 'v1:7' });
});

test('a failed run releases nothing: no digest, no ref, released is false', () => {
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
])('%d bytes read %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [0.04, '0.0 s'],
  [9.94, '9.9 s'],
  [9.96, '10 s'],
  [59.4, '59 s'],
  [185, '3 min 05 s'],
])('%d seconds read %s', (seconds, text) => {
  expect(formatSeconds(seconds)).toBe(text);
});
