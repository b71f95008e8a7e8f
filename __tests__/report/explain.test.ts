import type { ImageFingerprint, FingerprintRecord } from '../../src/fingerprint/fingerprint.js';
import type { Candidate } from '../../src/plan/baseline.js';
import { explain, renderExplanation } from '../../src/report/explain.js';
import { plainStyle } from '../../src/report/terminal.js';
import { reusingReport } from './sample.js';

const input = (name: string, digit: string) => ({ name, hash: digit.repeat(64) });
const record = (...inputs: FingerprintRecord['inputs']): FingerprintRecord => ({ version: 1, inputs });
const NOW = record(input('Dockerfile', 'a'), input('arg PORT', 'b'), input('file web/server.js', 'c'));
const BEFORE = record(input('Dockerfile', 'a'), input('file web/server.js', '0'), input('target', 'e'));
const DIGEST = `sha256:${'d'.repeat(64)}`;
const NODE = `sha256:${'9'.repeat(64)}`;

const candidate = (over: Partial<Candidate> = {}): Candidate => ({
  tag: 'main-0c0c0c0',
  digest: DIGEST,
  verdict: { status: 'other-inputs' },
  ...over,
});

function reportOf(inputs: ImageFingerprint, candidates: Candidate[]) {
  const report = reusingReport();
  const [api, web] = report.plan!.images;
  const fingerprint = inputs.status === 'known' ? { fingerprint: inputs.fingerprint } : {};
  return {
    ...report,
    plan: { ...report.plan!, images: [api!, { ...web!, ...fingerprint }] },
    comparison: {
      bases: {
        'node:24': { digest: NODE, onBuild: [], env: {} },
        'gone:1': { unresolved: 'it is not there' },
      },
      inputs: { web: inputs },
      baselines: { web: { candidates, problems: [] } },
    },
  };
}

const known: ImageFingerprint = {
  status: 'known',
  fingerprint: `v1:${'7'.repeat(64)}`,
  record: NOW,
  images: ['node:24', 'gone:1', 'other:2'],
};

test('lists every input with its hash, the differences, and the base images', () => {
  const explanation = explain(reportOf(known, [candidate({ record: BEFORE })]), 'web');
  expect(explanation.published?.differences).toEqual({
    added: ['arg PORT'],
    removed: ['target'],
    changed: ['file web/server.js'],
  });
  expect(renderExplanation(explanation, plainStyle)).toBe(`web  build: web/server.js changed
  fingerprint  v1:${'7'.repeat(64)}
  published    main-0c0c0c0 ${DIGEST}
               without a fingerprint
  differences
    ~ file web/server.js
    + arg PORT
    - target

inputs  3
  aaaaaaaaaaaa  Dockerfile
  bbbbbbbbbbbb  arg PORT
  cccccccccccc  file web/server.js

built on
  node:24  ${NODE}
  gone:1  it is not there
  other:2  not asked
`);
});

test.each<[string, ImageFingerprint, Candidate[], string[]]>([
  ['nothing is published', known, [], ['  published    nothing to compare with']],
  [
    'the published image has no record of its inputs',
    known,
    [candidate()],
    ['  differences  unknown: the published image has no record of its inputs'],
  ],
  ['nothing changed', known, [candidate({ record: NOW, verdict: { status: 'whole' } })], ['  differences  none']],
  [
    "its inputs can't be pinned",
    { status: 'unknown', reason: 'web/Dockerfile adds a URL', record: NOW },
    [],
    ['  fingerprint  none: web/Dockerfile adds a URL', 'inputs  3'],
  ],
])('explains an image if %s', (_, inputs, candidates, lines) => {
  const text = renderExplanation(explain(reportOf(inputs, candidates), 'web'), plainStyle);
  expect(text.split('\n')).toEqual(expect.arrayContaining(lines));
});

test('prefers an equal candidate to an earlier one with differences', () => {
  const equal = candidate({ tag: 'main-1111111', record: NOW, verdict: { status: 'whole' } });
  const explanation = explain(reportOf(known, [candidate({ record: BEFORE }), equal]), 'web');
  expect(explanation.published).toMatchObject({ tag: 'main-1111111', differences: { changed: [] } });
});

test.each([
  ['wep', 'Did you mean `web`?'],
  ['database', 'Its images are: api, web.'],
])('refuses the unknown image key %s and suggests known keys', (key, fix) => {
  expect(() => explain(reusingReport(), key)).toThrow(
    expect.objectContaining({ problems: [expect.objectContaining({ code: 'input/invalid', fix })] }),
  );
});

test('prints the configured `paths` of an image', () => {
  const report = reportOf(known, []);
  const [api, web] = report.plan.images;
  const images = [api!, { ...web!, paths: ['src', '!src/docs'] }];
  const explanation = explain({ ...report, plan: { ...report.plan, images } }, 'web');
  expect(explanation.paths).toEqual(['src', '!src/docs']);
  expect(renderExplanation(explanation, plainStyle)).toContain(
    '  paths        src, !src/docs: no other file of the context counts\n',
  );
  expect(renderExplanation(explain(report, 'web'), plainStyle)).not.toContain('no other file of the context counts');
});
