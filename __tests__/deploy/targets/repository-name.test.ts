import { Secret } from '../../../src/lib/secret.js';
import { isGitUrl, tokensOf } from '../../../src/deploy/targets/repository-name.js';

const JOB = new Secret('of-the-job');
const DEPLOY = new Secret('for-deploying');
const OWN = { repository: undefined };
const OTHER = { repository: 'acme/deploy' };

test.each([
  ['the own repository alone', [OWN], DEPLOY, DEPLOY],
  ['the own repository by its name', [{ repository: 'ACME/app' }], DEPLOY, DEPLOY],
  ['another repository alone', [OTHER], JOB, DEPLOY],
  ['both', [OWN, OTHER], JOB, DEPLOY],
])('the token for deploying goes where it is needed: %s', (_, targets, own, other) => {
  const tokens = tokensOf({ token: JOB, deployToken: DEPLOY }, targets, 'acme/app');
  expect(tokens.own).toBe(own);
  expect(tokens.other).toBe(other);
});

test('one token serves for all where there is no other', () => {
  for (const only of [{ token: JOB }, { deployToken: JOB }]) {
    const tokens = tokensOf(only, [OWN, OTHER], 'acme/app');
    expect(tokens.own).toBe(JOB);
    expect(tokens.other).toBe(JOB);
  }
});

test.each([
  ['acme/deploy', false],
  ['https://git.example.org/ops/deploy.git', true],
  ['ssh://git@git.example.org/ops/deploy.git', true],
  ['git@git.example.org:ops/deploy.git', true],
])('%s is reached by git: %s', (repository, byGit) => {
  expect(isGitUrl(repository)).toBe(byGit);
});
