import { colorStyle, plainStyle, renderPlan, renderProblem, renderReport } from '../../src/report/terminal.js';
import { releasedReport, samplePlan } from './sample.js';
import { PROBLEM, reportOf, skipped } from './terminal-samples.js';

const DIGESTS = ['a', 'b'].map((hex) => `sha256:${hex.repeat(64)}`);

test('reports a release by image, then its commit, then its outcome', () => {
  expect(renderReport(releasedReport(), plainStyle)).toBe(`  api  ghcr.io/acme/api
    built: api/server.js changed
    tags main-1a2b3c4, latest
    ${DIGESTS[0]}
    linux/amd64 · 51.3 MB · 3 of 8 steps cached · SBOM of 68 packages
  web  ghcr.io/acme/web
    built: web/server.js changed
    tags main-1a2b3c4, latest
    ${DIGESTS[1]}
    linux/amd64 · 51.3 MB · 0 of 9 steps cached · SBOM of 68 packages
  commit  c0ffee000000 on main  https://github.com/acme/shop/commit/c0ffee0
    k8s/kustomization.yml
      api  main-0000000 → main-1a2b3c4
✓ Published and deployed api and web. (1 min 23 s)
  Show what is deployed, or how to roll back: image-release status
`);
});

test('prints the same text with and without colours', () => {
  const coloured = renderReport(releasedReport(), colorStyle);
  expect(coloured).toContain('\u001b[32mmain-1a2b3c4\u001b[0m');
  expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(renderReport(releasedReport(), plainStyle));
});

test('prints why a target is not deployed, in the report and in the plan', () => {
  const plan = { ...samplePlan(), deploy: [skipped] };
  const released = { ...releasedReport(), plan, deployments: [] };
  expect(renderReport(released, plainStyle)).toContain('  k8s: not deployed, branch x does not deploy\n');
  expect(renderPlan({ ...released, outcome: { status: 'planned' } }, plainStyle)).toContain(
    'deploy  k8s: no, branch x does not deploy\n',
  );
});

test('prints why built images were not pushed', () => {
  const plan = {
    ...samplePlan(),
    publish: { mode: 'build-only', reason: 'push is off for this run' } as const,
  };
  expect(renderReport(reportOf({ outcome: { status: 'built' }, plan }), plainStyle)).toBe(
    '  not pushed: push is off for this run\n✓ Built api and web without pushing. (1 min 23 s)\n',
  );
});

test('prints a problem with code, place, message, detail and fix', () => {
  expect(renderProblem(PROBLEM, plainStyle)).toBe(
    [
      'error [build/step-failed] api/Dockerfile:3',
      '  Image api: `RUN false` failed with exit code 1.',
      '       3 | >>> RUN false',
      '  → Read its last lines.',
    ].join('\n'),
  );
});

test('begins the report of a failed release with its problems and ends with its outcome', () => {
  const lines = renderReport(
    reportOf({ outcome: { status: 'failed', stage: 'build', problems: [PROBLEM] } }),
    plainStyle,
  ).split('\n');
  expect(lines[0]).toBe('error [build/step-failed] api/Dockerfile:3');
  expect(lines.at(-2)).toBe('✗ The build failed. No tag was moved, and the deployment did not change. (1 min 23 s)');
});
