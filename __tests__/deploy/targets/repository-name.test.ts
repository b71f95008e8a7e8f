import { Secret } from '../../../src/lib/secret.js';
import { isGitUrl, tokensOf } from '../../../src/deploy/targets/repository-name.js';

const JOB = new Secret('of-the-job');
const DEPLOY = new Secret('for-deploying');
const OWN = { repository: undefined };
const OTHER = { repository: 'acme/deploy' };

test.each([
  ['only this repository', [OWN], DEPLOY, DEPLOY],
  ['this repository by name', [{ repository: 'ACME/app' }], DEPLOY, DEPLOY],
  ['only another repository', [OTHER], JOB, DEPLOY],
  ['both repositories', [OWN, OTHER], JOB, DEPLOY],
])('chooses the tokens for deploys to %s', (_, targets, own, other) => {
  const tokens = tokensOf({ token: JOB, deployToken: DEPLOY }, targets, 'acme/app');
  expect(tokens.own).toBe(own);
  expect(tokens.other).toBe(other);
});

test('uses a single token for all repositories if only one is given', () => {
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
])('%s is a git URL: %s', (repository, byGit) => {
  expect(isGitUrl(repository)).toBe(byGit);
});
