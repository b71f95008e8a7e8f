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
  ['names the commit on record', COMMIT, COMMIT, []],
  ['abbreviates it', COMMIT, COMMIT.slice(0, 12), []],
  ['says more digits than the record', COMMIT.slice(0, 7), COMMIT, []],
  ['names none', COMMIT, undefined, []],
  ['names one where none is on record', undefined, COMMIT, []],
  ['names another', COMMIT, 'b'.repeat(40), ['error deploy/other-source']],
  ['names another work tree', COMMIT, `${'b'.repeat(40)}-dirty`, ['error deploy/other-source']],
  ['names a changed work tree at that commit', COMMIT, `${COMMIT}-dirty`, ['warning preflight/uncommitted-changes']],
])('provenance that %s', (_, commit, revision, expected) => {
  expect(codes(commit, revision)).toEqual(expected);
});
