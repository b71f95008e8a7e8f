import { sourceProblems } from '../../src/registry/verify-deployed.js';

const COMMIT = '1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d';
const DIGEST = `sha256:${'a'.repeat(64)}`;

const codes = (commit: string | undefined, revision: string | undefined) => {
  const provenance = { digest: DIGEST, predicateType: 'https://slsa.dev/provenance/v1', revision };
  const platform = { platform: 'linux/amd64', digest: DIGEST, size: 1, provenance };
  return sourceProblems({ key: 'api', image: 'ghcr.io/acme/api', commit }, platform).map(
    ({ code, severity }) => `${severity} ${code}`,
  );
};

test.each<[string, string | undefined, string | undefined, string[]]>([
  ['names the recorded commit', COMMIT, COMMIT, []],
  ['abbreviates the recorded commit', COMMIT, COMMIT.slice(0, 12), []],
  ['names the commit in full if the record abbreviates it', COMMIT.slice(0, 7), COMMIT, []],
  ['names no commit', COMMIT, undefined, []],
  ['names a commit although none is recorded', undefined, COMMIT, []],
  ['names another commit', COMMIT, 'b'.repeat(40), ['error deploy/other-source']],
  ['names another commit with uncommitted changes', COMMIT, `${'b'.repeat(40)}-dirty`, ['error deploy/other-source']],
  [
    'names the recorded commit with uncommitted changes',
    COMMIT,
    `${COMMIT}-dirty`,
    ['warning preflight/uncommitted-changes'],
  ],
])('checks provenance that %s', (_, commit, revision, expected) => {
  expect(codes(commit, revision)).toEqual(expected);
});
