import { ADVICE, LIMIT, type Section } from './proof.js';
import { SECRETS } from './secrets.js';
import { THREATS } from './threats.js';
import { TRUST } from './trust.js';

/** Every claim in SECURITY.md by section and subject, with its proof. */
export const PROMISES: Record<string, Section> = {
  Secrets: SECRETS,
  'Who is trusted with what': TRUST,
  'What it protects against': THREATS,
  Beginning: {
    text: {
      "This page lists the secrets and permissions that image-release uses, the threats it protects against, and those it doesn't.":
        'It says what the page is about.',
    },
  },
  Reporting: {
    text: {
      'Report a weakness privately through "Report a vulnerability" on the repository\'s Security page.': ADVICE,
      'You get an answer within five working days.': 'The maintainers promise it, not the program.',
      "Please don't open a public issue first.": ADVICE,
      'Only the newest minor version of the current major version (`v1`) is supported.':
        'The maintainers decide it, not the program.',
    },
  },
  Permissions: {
    '`contents: write`': {
      'the deploy commit.': [
        'stories/action-two-jobs.lab: a token without `contents: write` stops the release before it builds',
      ],
      'If a separate job deploys, `contents: read` is enough to build': [
        'stories/action-two-jobs.lab: the first job publishes without `contents: write`, the second deploys without Docker',
      ],
    },
    '`packages: write`': {
      'pushing to ghcr.io': 'The packages of GitHub check it, and no double of them is in the tests.',
    },
    '`pull-requests: write`': {
      '`mode: pull-request`': [
        'deploy/proposals/pull-requests-trouble.slow: a check reports missing rights to open pull requests before the build, and writes nothing',
      ],
    },
    '`id-token: write`, `attestations: write`': {
      '`sign: github`': [
        'preflight/signing: a job that signs images needs `id-token: write` and `attestations: write`',
      ],
    },
    '`id-token: write`': {
      '`sign: cosign` without a key': ['preflight/signing: preflight checks that signing is possible: %s'],
    },
    '`actions: write`': {
      '`builder: dispatch` on the command line, by a token of yours': [
        'builders/dispatch/dispatch.slow: a read-only token',
      ],
    },
    text: {
      'Workflows lists when a job needs which.': [
        'repository/security-promises: docs/recipes.md lists the permissions of a job',
      ],
      "If building and deploying are two jobs with different permissions, the job that runs your Dockerfiles can't write to your repository.":
        [
          'stories/action-two-jobs.lab: the first job publishes without `contents: write`, the second deploys without Docker',
        ],
    },
  },
  'What it does not protect against': {
    'A malicious Dockerfile, or dependency': {
      'A build runs with network access, and with all rights that the builder gives it.': LIMIT,
      'Nothing is scanned unless you add a scanner.': LIMIT,
    },
    'A malicious workflow': {
      'People who can change the workflow can sign anything in the name of the repository.': LIMIT,
    },
    'False provenance': {
      "BuildKit's provenance and SBOM are not signed unless `sign` is set, and contain what the building machine reports.":
        LIMIT,
      'For Kaniko this program writes the provenance, although it only ordered the build.': [
        'registry/attestations/real-build.lab: the provenance records build parameters, base image, scanner, builder, run and build times',
      ],
    },
    'Rewritten history': {
      'People who may force-push `main` and `refs/image-release/*` can rewrite the ledger.': LIMIT,
      'A fork of the history is refused (`deploy/order-unknown`), a consistent forgery is not detected.': [
        'deploy/golden: refuses a commit that diverged from the deployed one, unless rollbacks are allowed',
      ],
    },
    'The cluster': {
      "image-release doesn't control whether Argo CD or Flux applies the commit, nor what else runs there.": LIMIT,
    },
    'Denial of service': {
      'An outage of a registry or of GitHub stops a release.': [
        "registry/client.lab: gives up after four tries and quotes the registry's error",
        'stories/action-cancel.lab: a cancel during the deploy commit warns that it may still land if GitHub no longer responds',
      ],
      'Then nothing is deployed, and the report names each tag that could not be removed.': [
        'registry/publish-faults.lab: whichever request fails, publishes completely or names each moving tag not restored; a second run succeeds',
        'deploy/targets/unreadable-answers.slow: $name: reports the true outcome if the answer to a request is unreadable',
      ],
    },
  },
  'What runs': {
    text: {
      'The Action runs the committed `dist/index.js`, and `dist/post.js` as its post step.': [
        'repository/security-promises: action.yml runs dist/index.js and dist/post.js',
      ],
      '`dist/actions-cache.js` carries cache mounts.': [
        'stories/action-cache.lab: a cache mount on a fresh machine contains the files of an earlier run',
      ],
      'It calls these programs and no others:': [
        'repository/security-promises: SECURITY.md names every program that image-release calls',
      ],
      '`docker` and `git`': ['repository/security-promises: SECURITY.md names every program that image-release calls'],
      '`kustomize` or `kubectl kustomize`, on a copy of the files that an edit concerns, without any token in the environment':
        [
          "deploy/proof/kustomize.lab: prefers kustomize, and uses kubectl if kustomize isn't installed",
          'deploy/proof/kustomize.lab: passes HOME and proxy settings to the program, but no tokens or secrets',
        ],
      '`kubectl`, if a cluster may build': ['builders/choice: runs each probe once, in the order of the builders'],
      '`kubectl get` and `kubectl logs`, with `status --live` or `--wait`: nothing in the cluster is changed, and no Secret is read':
        [
          'live/live-cluster.lab: $title: the wait ends with $end, changes nothing in the cluster and reads no Secret',
          'live/live-cluster.lab: limits the number and length of log lines, and redacts secrets in them',
        ],
      '`gh auth token`, if a workflow may have to be started or followed': [
        'repository/security-promises: SECURITY.md names every program that image-release calls',
      ],
      '`cosign`, with `sign: cosign`': ['registry/signing/cosign.lab: detects whether cosign is installed'],
      'the credential helpers that your Docker configuration names': ['registry/credentials: credential helpers'],
      '`unshare`, to try whether overlayfs can be mounted where Docker stores its data': [
        'facts/storage: the overlay trial leaves no mount and no files behind',
      ],
      '`dist/` is byte for byte what `npm run bundle` makes from the source, in whatever folder;': [
        'repository/security-promises: CI compares dist/ with the source',
      ],
      'CI fails when it is not.': ['repository/security-promises: CI compares dist/ with the source'],
      '`dist/licenses.txt` lists the packages in it.': [
        'repository/package.slow: names each package whose code is in the bundle',
      ],
      'To pin the Action, name a commit in place of `@v1`, with the version as a comment, and let Dependabot bring new ones.':
        ADVICE,
      'It sends no telemetry.': 'No test can show that something is never sent to any host there is.',
      'It talks to the registries of your images and of their base images, to the GitHub API and the git servers that it deploys to, to the builders and clusters that you use, to Sigstore with `sign` or `verify`, and to the Actions cache.':
        'No test can show that something is never sent to any host there is.',
    },
  },
};
