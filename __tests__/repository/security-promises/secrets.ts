import { ADVICE, type Section } from './proof.js';

const SECRETS_STAY = [
  'stories/action-secrets.lab: writes none of them to stdout, stderr, outputs, state or summary',
  'stories/action-secrets.lab: has none of them on any command line while it runs',
];

export const SECRETS: Section = {
  'GitHub token › where it goes': {
    'request headers to the GitHub API;': [
      'github/octokit: a redirect to another host is not followed, so that host learns nothing',
      'deploy/targets/repository-name: the token for deploying goes where it is needed',
    ],
    'ghcr.io, if no registry password is given;':
      'The Action takes this host by name, and no test can serve ghcr.io with a valid certificate.',
    'git, through the environment of that one process': [
      'deploy/targets/targets-git.slow: no command line holds the token, nor does a log of what git was asked',
      'deploy/targets/targets-git.slow: a given token takes the place of those credentials',
    ],
  },
  'GitHub token › where it never goes': {
    "arguments, logs, outputs, the repository's git config;": [
      ...SECRETS_STAY,
      'deploy/targets/targets-git.slow: leaves the checkout, its index and its worktree alone',
      'builders/dispatch/dispatch.slow: options reach the inputs of the workflow; logs and errors never hold the token',
    ],
    'git servers other than GitHub': [
      'stories/action-other-repository.lab: gets deploy-token, and never the token of the job',
      'stories/action-other-repository.lab: gets no credentials at all without deploy-token, and nothing is built',
    ],
  },
  'deploy token › where it goes': {
    'requests about the repositories that are deployed to, and pushes to them': [
      'deploy/targets/repository-name: the token for deploying goes where it is needed',
      'stories/action-other-repository.lab: gets deploy-token, and never the token of the job',
    ],
  },
  'deploy token › where it never goes': {
    'the registry;': [
      'stories/child-environment.slow: a registry is sent the login that is meant for it, and no token',
    ],
    'hosts other than those of these repositories': [
      'github/octokit: a redirect to another host is not followed, so that host learns nothing',
      'deploy/targets/repository-name: the token for deploying goes where it is needed',
    ],
  },
  'registry password › where it goes': {
    'over https, request headers to that registry and to the token server that it names;': [
      'registry/token.lab: a token is asked for once per scope, with the login, and only at the token server',
      'registry/token: the login is not sent to a token server at %s',
      'registry/client.lab: plain http is spoken to no host of the wide world',
    ],
    'a temporary Docker configuration (mode 0700), removed at the end, or by the post step after a kill;': [
      'builders/docker-config-files: only this user can read it, and disposing leaves nothing',
      'stories/action-own-builder.lab: keeps nothing of it after the run was killed: post removes builder, registry login and every file',
    ],
    'with Kaniko, a Secret for each pod, unless `registry-secret` names one.': [
      'builders/kaniko/pod-logins: a build that pushes gets the secret that is named, or the logins of all registries that it speaks to',
      'builders/kaniko/kaniko.lab: build secrets and logins reach the pod, and nothing else',
    ],
    'kubectl gets the Secret through standard input.': [
      'kubernetes/cluster-facts.lab: secrets of a pod go with it, whoever removes it, and their contents are in no command line',
    ],
    'The pod owns it, so the cluster removes both together.': [
      'kubernetes/cluster-facts.lab: secrets of a pod go with it, whoever removes it, and their contents are in no command line',
    ],
    'Pods of a build that pushes nothing get only the logins for the registries of their base images.': [
      'builders/kaniko/pod-logins: a build that pushes nothing gets no login for what it would push, and the build of a fork none at all',
    ],
    "Pods of a fork's build get none": [
      'builders/kaniko/pod-logins: a build that pushes nothing gets no login for what it would push, and the build of a fork none at all',
    ],
  },
  'registry password › where it never goes': {
    "the user's own `~/.docker/config.json`, arguments, logs;": [
      ...SECRETS_STAY,
      "stories/action-secrets.lab: leaves the user's docker configuration as it was, and nothing else anywhere",
      'builders/registry-login.lab: a build pushes with the login of this run, whose password is in no command line',
    ],
    'other hosts that the registry redirects to': [
      'registry/client.lab: a redirect to a storage host is followed without the Authorization header',
      'registry/connection: the login of a registry does not reach the realm that a redirect target names',
    ],
  },
  'build secrets › where it goes': {
    "the environment or file that BuildKit's session reads;": [
      'stories/action-secrets.lab: uses them: the build has checked both, and the registry asks for the password',
    ],
    'with Kaniko, a Secret that the pod owns.': [
      'builders/kaniko/kaniko.lab: build secrets and logins reach the pod, and nothing else',
      'kubernetes/cluster-facts.lab: secrets of a pod go with it, whoever removes it, and their contents are in no command line',
    ],
    'Every `RUN` of a build with Kaniko can read it, mounted or not':
      'Kaniko keeps it below /kaniko: a limit of that program, and the pods of the tests have no such folder.',
  },
  'build secrets › where it never goes': {
    'build arguments, provenance, image layers, cache exports, logs': [
      ...SECRETS_STAY,
      'stories/action-secrets.lab: puts none of them into image, history, labels, provenance or layers',
      'stories/action-secrets.lab: exports none of them with the build cache',
      'stories/action-secrets.lab: a Dockerfile that prints its secrets and fails shows them to nobody',
      'builders/buildx.lab: build secrets are in no command line and not in the provenance',
      'builders/kaniko/executor-arguments: the command line says everything that the plan does, and no secret',
    ],
  },
  'signing keys › where it goes': {
    'with `sign: github`, a key is made for one signature and discarded;': [
      'registry/signing/sign-release.lab: two images are signed by one statement, which GitHub keeps once and the registry beside each image',
    ],
    "with `sign: cosign`, cosign's key reaches it through its environment": [
      'registry/signing/cosign.lab: cosign signs each image by its digest %s, and verifies it',
    ],
  },
  'signing keys › where it never goes': {
    'disk, arguments, logs': [
      'registry/signing/cosign.lab: cosign signs each image by its digest %s, and verifies it',
      'registry/signing/sign-release.lab: no secret of the job is in a message',
      'repository/security-promises: the key that signs is never exported, so it stays in memory',
    ],
  },
  text: {
    '"Over https" has one exception: registries and token servers on this machine or in a private network may use plain http.':
      [
        'registry/connection: plain http to %s: %s',
        'registry/connection: %s is spoken to in plain http when it answers TLS with something else',
        'registry/token: the login is not sent to a token server at %s',
      ],
    'A secret is held in a type that prints as `***`.': [
      'lib/secret: a secret prints as stars in every formatter and in JSON',
    ],
    'All output goes through a filter that knows these secrets, also as JSON, URLs and forms write them and within base64.':
      [
        'lib/secret: a secret is found in every spelling that programs print',
        'lib/secret: secrets are taken out of a text as they are, line by line, in base64 and encoded for URLs',
        ...SECRETS_STAY,
        'cli/live-display: a step can neither move the cursor nor print a secret, cut off or whole',
      ],
    "Of a build secret's file it knows the lines of at least 8 characters, if the file has at most 64 KiB.": [
      'facts/build-files: of a secret’s file the lines of 8 characters and more are kept out of the output, up to 64 KiB',
    ],
    'In Actions each of them is also masked in the log.': [
      'stories/child-environment.slow: programs that the Action calls inherit none of its inputs, and neither do those of its post step; each secret is masked',
    ],
    "Programs that image-release calls don't inherit the inputs of the Action, nor `IMAGE_RELEASE_DEPLOY_TOKEN` and `IMAGE_RELEASE_REGISTRY_PASSWORD`.":
      [
        'stories/child-environment.slow: programs that the command line calls inherit neither its deploy token nor its registry password',
        'stories/child-environment.slow: programs that the Action calls inherit none of its inputs, and neither do those of its post step',
      ],
    "Don't put secrets into `args`: `provenance: max` publishes build arguments together with the image.": ADVICE,
  },
};
