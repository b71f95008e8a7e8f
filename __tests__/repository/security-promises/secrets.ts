import { ADVICE, type Section } from './proof.js';

const SECRETS_STAY = [
  'stories/action-secrets.lab: writes none of them to stdout, stderr, outputs, state or summary',
  'stories/action-secrets.lab: passes none of them on a command line',
];

export const SECRETS: Section = {
  'GitHub token › where it goes': {
    'request headers to the GitHub API;': [
      'github/octokit: does not follow a redirect to another host',
      'deploy/targets/repository-name: chooses the tokens for deploys to %s',
    ],
    'ghcr.io, if no registry password is given;':
      'The Action takes this host by name, and no test can serve ghcr.io with a valid certificate.',
    'git, through the environment of that one process': [
      'deploy/targets/targets-git.slow: never passes the token on a command line',
      'deploy/targets/targets-git.slow: uses a given token instead of the credentials in the checkout',
    ],
  },
  'GitHub token › where it never goes': {
    "arguments, logs, outputs, the repository's git config;": [
      ...SECRETS_STAY,
      'deploy/targets/targets-git.slow: leaves the checkout, its index and its worktree alone',
      'builders/dispatch/dispatch.slow: passes options as workflow inputs, and never prints the token or sends it with log requests',
    ],
    'git servers other than GitHub': [
      'stories/action-other-repository.lab: receives the deployment with `deploy-token`, and never the job token',
      'stories/action-other-repository.lab: receives no credentials without `deploy-token`; the release fails and pushes nothing',
    ],
  },
  'deploy token › where it goes': {
    'requests about the repositories that are deployed to, and pushes to them': [
      'deploy/targets/repository-name: chooses the tokens for deploys to %s',
      'stories/action-other-repository.lab: receives the deployment with `deploy-token`, and never the job token',
    ],
  },
  'deploy token › where it never goes': {
    'the registry;': [
      'stories/child-environment.slow: a registry receives its login, but no GitHub token and no deploy token',
    ],
    'hosts other than those of these repositories': [
      'github/octokit: does not follow a redirect to another host',
      'deploy/targets/repository-name: chooses the tokens for deploys to %s',
    ],
  },
  'registry password › where it goes': {
    'over https, request headers to that registry and to the token server that it names;': [
      'registry/token.lab: requests one token per scope, and sends the login only to the token server',
      'registry/token: rejects the token server %s without sending the login',
      'registry/client.lab: sends no plain http request to a public host, directly or through a proxy',
    ],
    'a temporary Docker configuration (mode 0700), removed at the end, or by the post step after a kill;': [
      'builders/docker-config-files: can be read only by this user, and is deleted completely',
      'stories/action-own-builder.lab: after the run is killed, the post step removes the builder, the registry login, and all files',
    ],
    'with Kaniko, a Secret for each pod, unless `registry-secret` names one.': [
      'builders/kaniko/pod-logins: a run that pushes gets the named secret, or logins for all registries that it uses',
      'builders/kaniko/kaniko.lab: build secrets reach the pod, and command lines show neither secrets nor logins',
    ],
    'kubectl gets the Secret through standard input.': [
      'kubernetes/cluster-facts.lab: the cluster deletes the secrets of a deleted pod, and no command line contains them',
    ],
    'The pod owns it, so the cluster removes both together.': [
      'kubernetes/cluster-facts.lab: the cluster deletes the secrets of a deleted pod, and no command line contains them',
    ],
    'Pods of a build that pushes nothing get only the logins for the registries of their base images.': [
      'builders/kaniko/pod-logins: a build-only run gets logins for base images only; with a named secret, or in a fork, it gets none',
    ],
    "Pods of a fork's build get none": [
      'builders/kaniko/pod-logins: a build-only run gets logins for base images only; with a named secret, or in a fork, it gets none',
    ],
  },
  'registry password › where it never goes': {
    "the user's own `~/.docker/config.json`, arguments, logs;": [
      ...SECRETS_STAY,
      "stories/action-secrets.lab: keeps the user's Docker configuration and leaves no files behind",
      'builders/registry-login.lab: pushes with the login of the run, and shows the password in no command line',
    ],
    'other hosts that the registry redirects to': [
      'registry/client.lab: follows a redirect to a storage host without the Authorization header',
      "registry/connection: doesn't send the login of a registry to a token server that a redirect target names",
    ],
  },
  'build secrets › where it goes': {
    "the environment or file that BuildKit's session reads;": [
      'stories/action-secrets.lab: succeeds: the build checks both build secrets, and the registry requires the password',
    ],
    'with Kaniko, a Secret that the pod owns.': [
      'builders/kaniko/kaniko.lab: build secrets reach the pod, and command lines show neither secrets nor logins',
      'kubernetes/cluster-facts.lab: the cluster deletes the secrets of a deleted pod, and no command line contains them',
    ],
    'Every `RUN` of a build with Kaniko can read it, mounted or not':
      'Kaniko keeps it below /kaniko: a limit of that program, and the pods of the tests have no such folder.',
  },
  'build secrets › where it never goes': {
    'build arguments, provenance, image layers, cache exports, logs': [
      ...SECRETS_STAY,
      'stories/action-secrets.lab: puts none of them into the image, its history, labels, provenance or layers',
      'stories/action-secrets.lab: exports none of them with the build cache',
      'stories/action-secrets.lab: build secrets that a failing step prints appear in no log, output, annotation or summary',
      'builders/buildx.lab: build secrets appear in no command line and not in the provenance',
      'builders/kaniko/executor-arguments: maps the plan to arguments, with secrets as file paths, and without cache or push if they are off',
    ],
  },
  'signing keys › where it goes': {
    'with `sign: github`, a key is made for one signature and discarded;': [
      'registry/signing/sign-release.lab: signs two images with one statement, stores it once at GitHub and attaches it to each image in the registry',
    ],
    "with `sign: cosign`, cosign's key reaches it through its environment": [
      'registry/signing/cosign.lab: cosign signs an image by its digest %s and verifies it, without a key in the arguments',
    ],
  },
  'signing keys › where it never goes': {
    'disk, arguments, logs': [
      'registry/signing/cosign.lab: cosign signs an image by its digest %s and verifies it, without a key in the arguments',
      'registry/signing/sign-release.lab: the reported problems contain no secret of the job',
      'repository/security-promises: the private key is only used to sign and never exported',
    ],
  },
  text: {
    '"Over https" has one exception: registries and token servers on this machine or in a private network may use plain http.':
      [
        'registry/connection: is %s a loopback host, which may use plain http? %s',
        'registry/connection: uses plain http for the local or private host %s if TLS fails',
        'registry/token: rejects the token server %s without sending the login',
      ],
    'A secret is held in a type that prints as `***`.': [
      'lib/secret: prints a secret as stars in String, JSON and inspect',
    ],
    'All output goes through a filter that knows these secrets, also as JSON, URLs and forms write them and within base64.':
      [
        'lib/secret: redaction in every format that programs print',
        'lib/secret: redacts secrets as plain text, single lines, base64, and URL-encoded',
        ...SECRETS_STAY,
        "cli/live-display: a build step can't move the cursor or print a secret, not even part of it",
      ],
    "Of a build secret's file it knows the lines of at least 8 characters, if the file has at most 64 KiB.": [
      'facts/build-files: lines of at least 8 characters in a secret file of up to 64 KiB are secrets',
    ],
    'In Actions each of them is also masked in the log.': [
      'stories/child-environment.slow: programs that the Action and its post step call inherit no secret, and the log masks each secret',
    ],
    "Programs that image-release calls don't inherit the inputs of the Action, nor `IMAGE_RELEASE_DEPLOY_TOKEN` and `IMAGE_RELEASE_REGISTRY_PASSWORD`.":
      [
        'stories/child-environment.slow: programs that the command line calls inherit neither its deploy token nor its registry password',
        'stories/child-environment.slow: programs that the Action and its post step call inherit no secret, and the log masks each secret',
      ],
    "Don't put secrets into `args`: `provenance: max` publishes build arguments together with the image.": ADVICE,
  },
};
