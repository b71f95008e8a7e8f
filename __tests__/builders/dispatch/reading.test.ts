import { foldedLog, readLog, tailOfStep } from '../../../src/builders/dispatch/job-log.js';
import { mergeResults, readResults, resultLine } from '../../../src/builders/dispatch/run-result.js';
import { renderRunResult } from '../../../src/report/outputs.js';
import { releasedReport } from '../../report/sample.js';

test('folds the groups of a log, and finds the last lines of a step', () => {
  const text = [
    '\uFEFF2026-01-01T00:00:00.1000000Z ##[group]Run make',
    '2026-01-01T00:00:00.2000000Z env: A',
    '2026-01-01T00:00:00.3000000Z ##[endgroup]',
    '2026-01-01T00:00:05.0000000Z \u001B[31mred\u001B[0m',
    'a second line of it',
    '2026-01-01T00:00:06.0000000Z ##[error]gone wrong',
    '2026-01-01T00:00:09.0000000Z Post job cleanup.',
    '',
  ].join('\n');
  const lines = readLog(text);
  expect(foldedLog(lines)).toEqual([
    '▸ Run make',
    'red',
    'a second line of it',
    'error: gone wrong',
    'Post job cleanup.',
  ]);
  const step = { number: 2, name: 'make', status: 'completed' as const, conclusion: 'failure' };
  const times = { started_at: '2026-01-01T00:00:05Z', completed_at: '2026-01-01T00:00:06Z' };
  expect(tailOfStep(lines, { ...step, ...times }, 2)).toEqual(['a second line of it', 'error: gone wrong']);
  // Without times, a step ends at the last error.
  expect(tailOfStep(lines, step, 1)).toEqual(['error: gone wrong']);
});

test('reads back the result that the Action prints in a `workflow_dispatch` run; other runs print none', () => {
  const report = releasedReport();
  expect(renderRunResult(report)).toEqual([]);
  const { source } = report.plan!;
  source.event = { name: 'workflow_dispatch' };
  source.run = { id: '7', number: 1, attempt: 1, url: 'https://github.com/acme/shop/actions/runs/7' };
  const log = readLog(renderRunResult(report).join('\n'));
  const [result] = readResults(log, '7');
  expect(result).toMatchObject({ outcome: 'released' });
  expect(log.map(({ text }) => text).join()).toContain(`"commit":"${source.commit}"`);
  expect(result?.images.map(({ key, digest, releaseTag, status }) => ({ key, digest, releaseTag, status }))).toEqual(
    report.published.map(({ key, digest, releaseTag, status }) => ({ key, digest, releaseTag, status })),
  );
  expect(result?.deployments.map(({ status }) => status)).toEqual(report.deployments.map(({ status }) => status));
});

test('ignores results of other runs, result lines within build output, and incomplete results', () => {
  const at = { run: '7', attempt: 1 };
  const image = resultLine({ type: 'image', ...at, key: 'api', image: 'ghcr.io/acme/api', status: 'built' });
  const run = resultLine({ type: 'run', ...at, commit: 'c', outcome: 'released', images: ['api'] });
  const results = (...lines: string[]) => readResults(readLog(lines.join('\n')), '7');
  expect(results(image, run)).toHaveLength(1);
  expect(results(run)).toEqual([]);
  expect(results(`api  #3  | ${image}`, run)).toEqual([]);
  expect(readResults(readLog([image, run].join('\n')), '8')).toEqual([]);
});

test('merges the results of a build job and a deploy job', () => {
  const image = (status: string, more: object = {}) => ({
    ...{ key: 'api', image: 'ghcr.io/acme/api', digest: 'sha256:a', tags: ['t'], platforms: [], sbom: ['s'] },
    ...{ provenance: [], status, ...more },
  });
  const deployed = { status: 'committed', kustomization: 'k8s', images: ['api'], commit: 'c' };
  const built = { outcome: 'released', images: [image('built')], deployments: [] };
  const rolled = {
    outcome: 'rolled-out',
    images: [image('published', { sbom: [] })],
    deployments: [deployed],
  };
  expect(mergeResults([built, rolled])).toEqual({
    outcome: 'released',
    images: [image('built')],
    deployments: [deployed],
  });
});
