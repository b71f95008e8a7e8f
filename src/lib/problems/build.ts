import type { ProblemTable } from '../problem-catalogue.js';

/** Docker, buildx, failures of a build, the choice of a builder, Kaniko, and the repository's own workflow on GitHub. */
export const BUILD_PROBLEMS = {
  'build/docker-missing': {
    cause: 'There is no docker command on PATH.',
    fix: 'Install Docker with buildx (https://docs.docker.com/engine/install/), or build without Docker: see docs/builders.md.',
  },
  'build/buildx-missing': {
    cause: 'Docker has no buildx plugin, or one before 0.13.',
    fix: 'Install the buildx plugin, 0.13 or newer (package docker-buildx-plugin, on Debian docker-buildx); in Actions use docker/setup-buildx-action.',
  },
  'build/daemon-unreachable': {
    cause: "The Docker daemon doesn't run or can't be reached.",
    fix: 'Start the Docker daemon, or point DOCKER_HOST or the docker context to one that runs.',
  },
  'build/builder-unusable': {
    cause: "The builder does not exist, can't be started, or doesn't answer.",
    fix: 'See `docker buildx ls`; select another with `docker buildx use NAME`, unset BUILDX_BUILDER, or correct `builder` in the configuration.',
  },
  'build/builder-lost': {
    cause: 'The builder ended, or the connection to it broke, while it built. As a warning: the build was tried again.',
    fix: 'Nothing after a warning; otherwise see its log (`docker logs`, `journalctl -u docker`, `kubectl describe pod`), and give it more memory if it was killed for lack of it.',
  },
  'build/no-emulation': {
    cause: "The builder can't run programs of a platform. As a warning: before the build.",
    fix: 'Set up emulation (docker/setup-qemu-action), cross-compile with `FROM --platform=$BUILDPLATFORM`, or add a builder node of that platform.',
  },
  'build/docker-config-unreadable': {
    cause: "The user's docker config.json is not JSON.",
    fix: 'Correct or remove the file; `docker login` writes a new one.',
  },
  'build/step-failed': {
    cause: 'An instruction of a Dockerfile failed.',
    fix: 'Read its last output, and reproduce the failure with `docker build`.',
  },
  'build/dockerfile-invalid': {
    exit: 2,
    cause: "A Dockerfile, or its configured stage, does not exist, or BuildKit can't read it.",
    fix: 'Correct the line; see https://docs.docker.com/reference/dockerfile/.',
  },
  'build/secret-missing': {
    exit: 2,
    cause: 'A build secret that the Dockerfile needs was not given.',
    fix: 'List it under the image, such as `secrets: { npm: { env: NPM_TOKEN } }`, and give the step that variable or file.',
  },
  'build/base-image-missing': {
    cause: 'A base image does not exist in its registry, or its name is not valid.',
    fix: 'Correct name and tag in the FROM line; for a private image run `docker login` before.',
  },
  'build/sbom-scanner': {
    cause:
      "The builder can't pull the image of the SBOM scanner. As a warning, with `attest.sbom: best-effort`: images were built without an SBOM.",
    fix: 'Name a copy that the builder can pull in `attest.scanner`, or log in to its registry; with `attest.sbom: best-effort` images are published without an SBOM then, with `off` always.',
  },
  'build/registry-denied': {
    cause: 'A registry requires a login, refuses the given one, or the given one lacks a right.',
    fix: 'Give registry-username and registry-password, or run `docker login` for that registry before. On ghcr.io: `packages: write` in the `permissions` of the job, and the role Write for this repository in the settings of the package ("Manage Actions access").',
  },
  'build/registry-failing': {
    cause:
      'A registry, or the connection to it, fails: status 5xx or 429, a broken connection. As a warning: the build was tried again.',
    fix: "Nothing after a warning; otherwise see the registry's status page, and proxies and firewalls between it and the builder.",
  },
  'build/network': {
    cause: 'The build could not reach a host or registry.',
    fix: 'Check the name of the host, and network and DNS of the machine that builds; behind a proxy set HTTP_PROXY for the builder. Then run again.',
  },
  'build/out-of-memory': {
    cause: 'A step ran out of memory.',
    fix: 'Give the builder more memory, build fewer images at once, or limit the process: `ENV NODE_OPTIONS=--max-old-space-size=4096`.',
  },
  'build/no-space': {
    cause: 'The disk of the builder, or of the machine that this program runs on, is full.',
    fix: 'Free it with `docker buildx prune` and `docker system prune`, or give the machine a larger disk.',
  },
  'build/nested-overlay': {
    cause: "The builder's state is on overlayfs, on which overlayfs can't be mounted again.",
    fix: 'Put the data of Docker or BuildKit on a volume (emptyDir, PVC, ext4), or set `"storage-driver": "native"` with the containerd image store in daemon.json, or build elsewhere: with a BuildKit (BUILDKIT_HOST), Kaniko or the workflow. See docs/builders.md#docker-in-a-devpod.',
  },
  'build/cache-lost': {
    cause:
      'A part of the build cache vanished while it was read, or the cache service does not answer. As a warning: the build was tried again without it.',
    fix: 'Nothing after a warning; otherwise run again with `no-cache`.',
  },
  'build/warning': {
    cause:
      'A check of a Dockerfile found something, or a build cache or the contents of cache mounts were not saved. Always a warning.',
    fix: 'Nothing to do: the images are not affected.',
  },
  'build/failed': {
    cause: 'The build failed for a reason that this program does not know.',
    fix: "Read BuildKit's message; the same build can be run with `docker build`. If there is none, see the log of the builder (`docker logs`, `journalctl -u docker`), and run again.",
  },
  'build/no-builder': {
    cause: 'No builder can build here.',
    fix: 'Apply the fix of one of the listed builders; `image-release doctor` shows all facts.',
  },
  'build/next-builder': {
    cause: 'The chosen builder could not build, and the next one took over. Always a warning.',
    fix: 'Choose another builder in the configuration, or fix the first one.',
  },
  'kaniko/unsupported': {
    exit: 2,
    cause:
      'A Dockerfile or a setting needs something that Kaniko does not support. As a warning: cache mounts are empty.',
    fix: 'Write the line in another way, or build with BuildKit (`builder: buildx`, `kubernetes` or `remote`).',
  },
  'kaniko/memory-limit': {
    exit: 2,
    cause: 'The memory limit of the pod is not above the heap that a step of the build sets.',
    fix: 'Raise the limit a quarter above the heap (`builder: { type: kaniko, limits: { memory: 5Gi } }`), or lower `--max-old-space-size`.',
  },
  'kaniko/not-pushed': {
    cause: 'Kaniko pushed an image that the registry does not have.',
    fix: 'Run again; check that pods and this machine reach the same registry under that name.',
  },
  'kaniko/executor': {
    cause: 'The executor is of another version, or no executor of Kaniko.',
    fix: 'Use an executor of Kaniko 1.28 or newer in `builder.image`.',
  },
  'dispatch/no-repository': {
    exit: 2,
    cause: 'The checkout has no remote on GitHub.',
    fix: 'Set the remote `origin` to the repository on GitHub (`git remote set-url origin URL`), or choose another builder.',
  },
  'dispatch/no-token': {
    exit: 2,
    cause: 'There is no token for GitHub.',
    fix: 'Set GITHUB_TOKEN to a token with `actions: write`, or log in with `gh auth login`.',
  },
  'dispatch/no-workflow': {
    exit: 2,
    cause: 'There is no single workflow in the checkout that uses this action and has `workflow_dispatch`.',
    fix: 'Add `workflow_dispatch:` to the workflow that releases and push it, or name it: `builder: { type: dispatch, workflow: FILE }`.',
  },
  'dispatch/inputs': {
    exit: 2,
    cause: 'The workflow has no input for an option, or requires an input that this release has no value for.',
    fix: 'Add the input to the workflow as the message shows, or leave the option out.',
  },
  'dispatch/not-pushed': {
    cause: 'The branch or tag on GitHub is not at the commit that is checked out, or changes are not committed.',
    fix: 'Commit and push first, or pull: a run on GitHub builds what is pushed.',
  },
  'dispatch/refused': {
    cause: 'GitHub refuses to start or read the workflow run.',
    fix: "Do what GitHub's message says, and run again.",
  },
  'dispatch/unreachable': {
    cause: "GitHub can't be reached, or answers with server errors.",
    fix: 'Run again later; see https://www.githubstatus.com. Behind a proxy set HTTPS_PROXY.',
  },
  'dispatch/outcome-unknown': {
    cause: 'Whether the run was started, or how it ended, is not known.',
    fix: 'Open the page in the message before you start it again.',
  },
  'dispatch/run-not-found': {
    cause: 'GitHub has no run that releases this commit.',
    fix: 'Check that `on: push` of the workflow includes the branch, or start a run: `image-release release --builder dispatch`.',
  },
  'dispatch/failed': {
    cause: 'The run failed, was cancelled, or was never started.',
    fix: "Read the lines of the failed step; the run's page has the whole log.",
  },
  'dispatch/no-result': {
    cause: "The run succeeded, but its logs don't say what it published.",
    fix: "Let the workflow use this action in this version or a newer one; the run's page shows what was published.",
  },
} as const satisfies ProblemTable;
