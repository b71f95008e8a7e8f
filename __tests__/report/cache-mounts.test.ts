import type { MountReport } from '../../src/builders/built.js';
import { renderSummary } from '../../src/report/summary/summary.js';
import { plainStyle, renderReport } from '../../src/report/terminal.js';
import { releasedReport } from './sample.js';

function withMounts(mounts: Omit<MountReport, 'key'>) {
  const report = releasedReport();
  report.build!.images[0]!.cacheMounts = { key: 'image-release-mounts-api-1', ...mounts };
  return report;
}

test.each<[string, Omit<MountReport, 'key'>]>([
  ['none found, saved 51.3 MB', { hit: 'none', bytes: 0, saved: 51_300_000 }],
  ['none found', { hit: 'none', bytes: 0 }],
  ['exact, 51.3 MB', { hit: 'exact', bytes: 51_300_000 }],
  ['partial, 51.3 MB, saved 64.0 MB', { hit: 'partial', bytes: 51_300_000, saved: 64_000_000 }],
  ['exact, not restored', { hit: 'exact', bytes: 0 }],
])('shows the cache mounts of each image in summary and log: %s', (words, mounts) => {
  const report = withMounts(mounts);
  expect(renderSummary(report)).toMatch(new RegExp(`api/Dockerfile\\) \\| ${words} \\|`));
  expect(renderSummary(report)).toMatch(/web\/Dockerfile\) \| – \|/);
  expect(renderReport(report, plainStyle)).toContain(`3 of 8 steps cached · cache mounts: ${words} · SBOM`);
});

test('the summary has no column for cache mounts if no image has any', () => {
  expect(renderSummary(releasedReport())).not.toContain('Cache mounts');
});
