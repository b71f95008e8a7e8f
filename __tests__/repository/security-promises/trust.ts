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
      'stories/action-events.lab: lesson 6: a pull request from %s is built, and changes nothing',
    ],
  },
  'authors of a pull request from a fork › can do': {
    'the same, without secrets: GitHub passes none': GITHUB,
  },
  'authors of a pull request from a fork › because': {
    'nothing of a fork is ever pushed, tagged or deployed, whatever the inputs are and whatever an earlier job passes on':
      [
        'plan/plan-release: a fork, even with push: true',
        'stories/action-events.lab: a fork, even when the workflow asks for a push',
        'roll-out: %s deploys nothing, whatever is asked for',
        'roll-out: of %s deploys nowhere, even with deploy: true',
      ],
  },
  "authors of a fork's pull request under `pull_request_target` › can do": {
    "the same, but *with* the job's secrets in reach of their Dockerfile, if the workflow checks it out": GITHUB,
  },
  "authors of a fork's pull request under `pull_request_target` › because": {
    'that event is dangerous with any build.': LIMIT,
    "The run still counts as the fork's: nothing is pushed or deployed.": [
      'facts/github-event: pull_request_target never passes for a push to the base branch',
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
          'facts/commit-claim: a commit does not pass for the ref of its event',
          'facts/commit-claim: where nobody can be asked, a commit that the checkout can not place is not believed',
        ],
      'Otherwise nothing is pushed or deployed: `source/unconfirmed-commit`.': [
        'plan/plan-release: a commit that is not known to be part of the branch, even with push: true',
        'plan/plan-release: that a commit is not known to be part of the branch is a warning %s',
        'stories/action-events.lab: of a fork, not even when a workflow of main checks it out',
      ],
      'Files that a step changes after the checkout are not checked': LIMIT,
    },
  'people who may push to the registry › can do': { 'put another image under a tag': LIMIT },
  'people who may push to the registry › because': {
    '`status`, `verify` and `rollback` compare the digest with the ledger, `deploy` with the digest that it is given: `deploy/not-pullable`.':
      [
        'stories/cli-status.lab: a tag that was moved in the registry is reported by %s, with both digests',
        'deploy/status/rollback-runs: the digest that the ledger has on record is what the registry must serve',
        'stories/cli-deploy.lab: a tag that is not there and a digest that is not the tag’s are reported together, with the ways out',
      ],
    'With `pin: both` the cluster pulls by digest.': [
      'deploy/kustomization/match: what a release writes',
      'deploy/deploy-checks: the digest of the registry is written where none was given',
    ],
    'A release that deploys reuses an earlier build only if the ledger records its digest or, with `sign`, its signature verifies.':
      [
        'app/trust: a release that deploys uses only what its ledger records: %s',
        'registry/signing/baseline.lab: an earlier build is used again only with a signature of this repository that verifies',
        'stories/action-registry-attack.lab: an image that is only announced as unchanged by the registry is built again, not deployed',
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
      'plan/cache-entries: no cache that a release reads is written by a run',
      'builders/kaniko/executor-arguments: layers are pushed to the cache only by a run that may write what releases read',
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
      'kubernetes/orphans: a dead pod that names secrets of somebody else takes none of them along',
    ],
    'A pod with forged marks of BuildKit makes it delete nothing: a Deployment is deleted only if it carries the marks itself':
      [
        'kubernetes/orphans: a dead BuildKit pod takes the deployment of its own builder along, and no other that its label names',
      ],
  },
  'this action › can do': { 'all of the above': LIMIT },
  'this action › because': {
    'pin it by commit.': ADVICE,
    '`dist/` can be built again byte for byte': ['repository/security-promises: CI compares dist/ with the source'],
  },
};
