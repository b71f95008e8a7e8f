import { ADVICE, GITHUB, LIMIT, type Section } from './proof.js';

export const TRUST: Section = {
  'people who may push to the released branch › can do': {
    "run code in the build, deploy, and read the build's secrets": LIMIT,
  },
  'people who may push to the released branch › because': {
    'they write the Dockerfiles.': LIMIT,
    'Limit them by reviews and branch rules': ADVICE,
  },
  'authors of a pull request from the repository › can do': {
    'run code in the build of that pull request': LIMIT,
  },
  'authors of a pull request from the repository › because': {
    'nothing is pushed or deployed unless the workflow sets `push: true`': [
      'plan/plan-release: a pull request with push: true',
      'stories/action-events.lab: builds a pull request from %s, but pushes and deploys nothing',
    ],
  },
  'authors of a pull request from a fork › can do': {
    'the same, without secrets: GitHub passes none': GITHUB,
  },
  'authors of a pull request from a fork › because': {
    'nothing of a fork is ever pushed, tagged or deployed, whatever the inputs are and whatever an earlier job passes on':
      [
        'plan/plan-release: a fork, even with push: true',
        'stories/action-events.lab: a fork with `push: true` and `deploy: true`',
        'roll-out: %s deploys and merges nothing, even with deploy: true',
        'roll-out: from %s deploys nothing, even with deploy: true',
      ],
  },
  "authors of a fork's pull request under `pull_request_target` › can do": {
    "the same, but *with* the job's secrets in reach of their Dockerfile, if the workflow checks it out": GITHUB,
  },
  "authors of a fork's pull request under `pull_request_target` › because": {
    'that event is dangerous with any build.': LIMIT,
    "The run still counts as the fork's: nothing is pushed or deployed.": [
      'facts/github-event: pull_request_target is read as a pull request, not as a push to the base branch',
      'plan/plan-release: a fork, even with push: true',
    ],
    "Don't use it to build": ADVICE,
  },
  'authors of a commit that a workflow of the repository checks out (`workflow_run`, `issue_comment`, `ref:`) › can do':
    { 'the same as under `pull_request_target`': GITHUB },
  'authors of a commit that a workflow of the repository checks out (`workflow_run`, `issue_comment`, `ref:`) › because':
    {
      "the commit must be the one that the event names, or part of the branch, by the checkout's history or by GitHub's answer.":
        [
          'facts/commit-claim: %s, by the checkout alone',
          'facts/commit-claim: %s, by the API',
          'facts/commit-claim: a commit that is not known to be part of the ref of its event',
          "facts/commit-claim: is rejected if the checkout can't confirm it and there is no token",
        ],
      'Otherwise nothing is pushed or deployed: `source/unconfirmed-commit`.': [
        'plan/plan-release: a commit that is not known to be part of the branch, even with push: true',
        'plan/plan-release: a commit that is not known to be part of the branch %s',
        'stories/action-events.lab: a run on an unconfirmed commit warns, and pushes and deploys nothing, even with `push: true`',
      ],
      'Files that a step changes after the checkout are not checked': LIMIT,
    },
  'people who may push to the registry › can do': { 'put another image under a tag': LIMIT },
  'people who may push to the registry › because': {
    '`status`, `verify` and `rollback` compare the digest with the ledger, `deploy` with the digest that it is given: `deploy/not-pullable`.':
      [
        'stories/cli-status.lab: %s reports both digests if a tag was moved in the registry',
        'deploy/status/rollback-runs: refuses a rollback if the registry serves another digest than the ledger records',
        'stories/cli-deploy.lab: deploy reports a missing tag and a wrong digest together, each with a fix, and commits nothing',
      ],
    'With `pin: both` the cluster pulls by digest.': [
      'deploy/kustomization/match: the edit for a release',
      'deploy/deploy-checks: pins the digest from the registry if the release has none',
    ],
    'A release that deploys reuses an earlier build only if the ledger records its digest or, with `sign`, its signature verifies.':
      [
        'app/trust: in a release that deploys, checks the digest of a reused image: %s',
        'registry/signing/baseline.lab: reuses an earlier build only if it has a valid signature from this repository',
        'stories/action-registry-attack.lab: rebuilds an image instead of deploying a forged one that no ledger records',
      ],
    'A run that only publishes, without `sign`, trusts the registry.': [
      'app/trust: a release that only publishes trusts the registry',
    ],
    'So does the first of two jobs': ['app/trust: a release that only publishes trusts the registry'],
  },
  'people who may write the Actions cache of the default branch › can do': {
    'put layers into a build': LIMIT,
  },
  'people who may write the Actions cache of the default branch › because': {
    "the cache is BuildKit's and is not signed.": LIMIT,
    "Pull requests don't write it: cache": [
      'plan/cache-entries: caches are read but not written by a run',
      'builders/kaniko/executor-arguments: pushes layers to the cache only if the run may write the cache',
    ],
  },
  'owners of a base image › can do': { 'choose all of its content': LIMIT },
  'owners of a base image › because': { 'pin it by digest, and let Dependabot move it': ADVICE },
  'people who may create pods in the namespace of the builds › can do': {
    'read its Secrets, so the logins and secrets of builds': LIMIT,
  },
  'people who may create pods in the namespace of the builds › because': {
    'Kubernetes lets a pod mount each Secret of its namespace.': 'Kubernetes decides this.',
    'A pod with forged marks of Kaniko makes a later run delete that pod and nothing else.': [
      'kubernetes/orphans: deletes an orphaned pod with forged marks, but none of the secrets it names',
    ],
    'A pod with forged marks of BuildKit makes it delete nothing: a Deployment is deleted only if it carries the marks itself':
      ['kubernetes/orphans: deletes the deployment of an orphaned BuildKit pod only if it has the owner marks itself'],
  },
  'this action › can do': { 'all of the above': LIMIT },
  'this action › because': {
    'pin it by commit.': ADVICE,
    '`dist/` can be built again byte for byte': ['repository/security-promises: CI compares dist/ with the source'],
  },
};
