import type { ChannelStatus, ImageStatus } from '../../src/deploy/status/status.js';
import { exitCodeOfStatus, renderStatus, statusAsJson } from '../../src/report/status.js';
import { plainStyle } from '../../src/report/terminal.js';
import { renderVerification } from '../../src/report/verify.js';
import { formatAge } from '../../src/report/format.js';
import { digestOf, sampleRelease } from '../deploy/ledger/fixtures.js';

const NOW = new Date('2026-01-03T13:15:00Z');
const PULL = { number: 7, url: 'https://github.com/acme/app/pull/7' };

function image(over: Partial<ImageStatus> = {}): ImageStatus {
  const key = over.key ?? 'api';
  return {
    key,
    image: `ghcr.io/acme/${key}`,
    current: { status: 'deployed', release: sampleRelease(3) },
    previous: 'main-2222222',
    files: [
      {
        key,
        path: 'k8s/kustomization.yml',
        entries: [{ place: { file: 'k8s/kustomization.yml', line: 6, column: 5 }, image: key, tag: 'v3' }],
      },
    ],
    served: { status: 'served', digest: digestOf(3) },
    problems: [],
    ...over,
  };
}

function channel(...images: ImageStatus[]): ChannelStatus {
  return { channel: 'main', branch: 'main', ledger: 'recorded', images, problems: [] };
}

const render = (...channels: ChannelStatus[]) => renderStatus(channels, NOW, plainStyle);
const problem = {
  code: 'deploy/drifted',
  severity: 'error',
  message: 'It drifted.',
  fix: 'Fix it.',
} as const;

test('prints a few lines per image, a verdict, and the rollback command', () => {
  expect(render(channel(image()))).toBe(`main  on branch main
  api  ghcr.io/acme/api:main-3333333  sha256:333333333333
    deployed 3 h ago (2026-01-03 10:11 UTC) from 3333333, run 103, by commit c333333
    k8s/kustomization.yml:6 · in the registry
✓ api matches the ledger.
  Roll back to main-2222222: image-release rollback api --to main-2222222
`);
});

test('names unrecorded images separately from those that match the ledger', () => {
  const web = image({ key: 'web', current: { status: 'unrecorded', tag: 'v1' }, previous: undefined });
  expect(render(channel(image(), web))).toContain('✓ api matches the ledger. web: not recorded yet.\n');
});

test('prints no rollback command without an earlier release', () => {
  expect(render(channel(image({ previous: undefined })))).not.toContain('rollback');
});

test.each<[string, ImageStatus['current'], string]>([
  [
    'a rollback',
    { status: 'rolled-back', release: sampleRelease(3), pinned: sampleRelease(5).source },
    'rolled back 3 h ago (2026-01-03 10:11 UTC) from 3333333, run 103, by commit c333333\n    pinned until a commit newer than 5555555, run 105 is released',
  ],
  [
    'a deployment that waits in a pull request',
    { status: 'proposed', release: sampleRelease(3), pullRequest: PULL },
    'by commit c333333\n    waits in pull request #7 (https://github.com/acme/app/pull/7)',
  ],
  [
    'a deployment that the newest release left unchanged',
    { status: 'unchanged', release: sampleRelease(3, { commit: undefined }) },
    'from 3333333, run 103\n    unchanged in the newest release',
  ],
  ['an unrecorded image', { status: 'unrecorded', tag: 'v9' }, 'not recorded; the Kustomization names it'],
  ["an image that isn't deployed", { status: 'absent' }, 'not deployed'],
])('describes %s', (_, current, words) => {
  expect(render(channel(image({ current })))).toContain(words);
});

test("names the images that don't match the ledger, prints their problems in full, and exits with 1", () => {
  const status = channel(image(), image({ key: 'web', problems: [problem] }));
  const text = render(status);
  expect(text).toContain('✗ web does not match the ledger.');
  expect(text).toContain('error [deploy/drifted]\n  It drifted.\n  → Fix it.');
  expect(text).not.toContain('Roll back to');
  expect(exitCodeOfStatus([status])).toBe(1);
});

test('shows a drifted image as the branch deploys it, with the recorded release', () => {
  const place = { file: 'k8s/kustomization.yml', line: 6, column: 5 };
  const drifted = channel(image({ problems: [{ ...problem, place }] }));
  expect(render(drifted)).toContain('  api  api:v3\n    drifted (recorded: ghcr.io/acme/api:main-3333333@');
  expect(statusAsJson([drifted])).toMatchObject({
    sound: false,
    channels: [{ images: { api: { status: 'drifted', tag: 'v3', recorded: { tag: 'main-3333333' } } } }],
  });
});

test.each(['registry/unreachable', 'registry/unavailable', 'registry/unauthorized', 'registry/denied'] as const)(
  "after %s, reports that an image couldn't be checked, not that it differs from the ledger",
  (code) => {
    const status = channel(image({ served: { status: 'unanswered', problems: [] }, problems: [{ ...problem, code }] }));
    expect(render(status)).toContain("✗ Couldn't check api.");
    expect(exitCodeOfStatus([status])).toBe(1);
  },
);

test("exits with 1 if a Kustomization can't be read, even if no image has a problem", () => {
  const status = { ...channel(image()), problems: [problem] };
  expect(exitCodeOfStatus([status])).toBe(1);
  expect(render(status)).toContain("✗ Couldn't read every Kustomization.");
});

test('exits with 0 if there are only warnings', () => {
  const status = { ...channel(image()), problems: [{ ...problem, severity: 'warning' as const }] };
  expect(exitCodeOfStatus([status])).toBe(0);
  expect(statusAsJson([status])).toMatchObject({ sound: true });
});

test('names a deployment repository other than this one', () => {
  expect(render({ ...channel(image()), channel: 'production', repository: 'acme/deploy' })).toContain(
    'production  on branch main of acme/deploy',
  );
});

test('lists SBOM and provenance of each platform after verification', () => {
  const platforms = [
    {
      platform: 'linux/amd64',
      digest: digestOf(1),
      size: 1,
      sbom: { digest: '', predicateType: '', packages: 12 },
      provenance: {
        digest: '',
        predicateType: '',
        source: 'https://example.org/a.git',
        revision: 'a'.repeat(40),
      },
    },
    { platform: 'linux/arm64', digest: digestOf(2), size: 1, provenance: { digest: '', predicateType: '' } },
    { platform: 'linux/riscv64', digest: digestOf(3), size: 1 },
  ];
  const text = renderVerification([{ ...channel(), images: [{ ...image(), platforms }] }], NOW, plainStyle);
  expect(text).toContain(
    '    linux/amd64  sha256:111111111111 · SBOM of 12 packages · provenance of commit aaaaaaa of https://example.org/a.git\n',
  );
  expect(text).toContain('    linux/arm64  sha256:222222222222 · no SBOM · provenance without a commit\n');
  expect(text).toContain('    linux/riscv64  sha256:333333333333 · no SBOM · no provenance\n');
  expect(text).toContain('✓ api matches the ledger, and the attestations are valid.');
});

test.each([
  [0, 'just now'],
  [-90, 'just now'],
  [59, 'just now'],
  [60, '1 min ago'],
  [3_599, '59 min ago'],
  [3_600, '1 h ago'],
  [86_400, '1 day ago'],
  [864_000, '10 days ago'],
])('formats an age of %i seconds as "%s"', (seconds, words) => {
  expect(formatAge(new Date(NOW.getTime() - seconds * 1000), NOW)).toBe(words);
});
