/** Docker, buildx, failures of a build, the choice of a builder, Kaniko, and the repository's own workflow on GitHub. */
export const BUILD_PROBLEMS = {
  'build/docker-missing':
    'Install Docker with buildx (https://docs.docker.com/engine/install/), or build without Docker: see docs/builders.md.',
  'build/buildx-missing':
    'Install the buildx plugin, 0.13 or newer (package docker-buildx-plugin, on Debian docker-buildx); in Actions use docker/setup-buildx-action.',
  'build/daemon-unreachable': 'Start the Docker daemon, or point DOCKER_HOST or the docker context to one that runs.',
  'build/builder-unusable':
    'See `docker buildx ls`; select another with `docker buildx use NAME`, unset BUILDX_BUILDER, or correct `builder` in the configuration.',
  'build/builder-lost':
    'Nothing after a warning; otherwise see its log (`docker logs`, `journalctl -u docker`, `kubectl describe pod`), and give it more memory if it was killed for lack of it.',
  'build/no-emulation':
    'Set up emulation (docker/setup-qemu-action), cross-compile with `FROM --platform=$BUILDPLATFORM`, or add a builder node of that platform.',
  'build/docker-config-unreadable': 'Correct or remove the file; `docker login` writes a new one.',
  'build/step-failed': 'Read its last output, and reproduce the failure with `docker build`.',
  'build/dockerfile-invalid': 'Correct the line; see https://docs.docker.com/reference/dockerfile/.',
  'build/secret-missing':
    'List it under the image, such as `secrets: { npm: { env: NPM_TOKEN } }`, and give the step that variable or file.',
  'build/base-image-missing': 'Correct name and tag in the FROM line; for a private image run `docker login` before.',
  'build/sbom-scanner':
    'Name a copy that the builder can pull in `attest.scanner`, or log in to its registry; with `attest.sbom: best-effort` images are published without an SBOM then, with `off` always.',
  'build/registry-denied':
    'Give registry-username and registry-password, or run `docker login` for that registry before. On ghcr.io: `packages: write` in the `permissions` of the job, and the role Write for this repository in the settings of the package ("Manage Actions access").',
  'build/registry-failing':
    "Nothing after a warning; otherwise see the registry's status page, and proxies and firewalls between it and the builder.",
  'build/network':
    'Check the name of the host, and network and DNS of the machine that builds; behind a proxy set HTTP_PROXY for the builder. Then run again.',
  'build/out-of-memory':
    'Give the builder more memory, build fewer images at once, or limit the process: `ENV NODE_OPTIONS=--max-old-space-size=4096`.',
  'build/no-space': 'Free it with `docker buildx prune` and `docker system prune`, or give the machine a larger disk.',
  'build/nested-overlay':
    'Put the data of Docker or BuildKit on a volume (emptyDir, PVC, ext4), or set `"storage-driver": "native"` with the containerd image store in daemon.json, or build elsewhere: with a BuildKit (BUILDKIT_HOST), Kaniko or the workflow. See docs/builders.md#docker-in-a-devpod.',
  'build/cache-lost': 'Nothing after a warning; otherwise run again with `no-cache`.',
  'build/warning': 'Nothing to do: the images are not affected.',
  'build/failed':
    "Read BuildKit's message; the same build can be run with `docker build`. If there is none, see the log of the builder (`docker logs`, `journalctl -u docker`), and run again.",
  'build/no-builder': 'Apply the fix of one of the listed builders; `image-release doctor` shows all facts.',
  'build/next-builder': 'Choose another builder in the configuration, or fix the first one.',
  'kaniko/unsupported':
    'Write the line in another way, or build with BuildKit (`builder: buildx`, `kubernetes` or `remote`).',
  'kaniko/memory-limit':
    'Raise the limit a quarter above the heap (`builder: { type: kaniko, limits: { memory: 5Gi } }`), or lower `--max-old-space-size`.',
  'kaniko/not-pushed': 'Run again; check that pods and this machine reach the same registry under that name.',
  'kaniko/executor': 'Use an executor of Kaniko 1.28 or newer in `builder.image`.',
  'dispatch/no-repository':
    'Set the remote `origin` to the repository on GitHub (`git remote set-url origin URL`), or choose another builder.',
  'dispatch/no-token': 'Set GITHUB_TOKEN to a token with `actions: write`, or log in with `gh auth login`.',
  'dispatch/no-workflow':
    'Add `workflow_dispatch:` to the workflow that releases and push it, or name it: `builder: { type: dispatch, workflow: FILE }`.',
  'dispatch/inputs': 'Add the input to the workflow as the message shows, or leave the option out.',
  'dispatch/not-pushed': 'Commit and push first, or pull: a run on GitHub builds what is pushed.',
  'dispatch/refused': "Do what GitHub's message says, and run again.",
  'dispatch/unreachable': 'Run again later; see https://www.githubstatus.com. Behind a proxy set HTTPS_PROXY.',
  'dispatch/outcome-unknown': 'Open the page in the message before you start it again.',
  'dispatch/run-not-found':
    'Check that `on: push` of the workflow includes the branch, or start a run: `image-release release --builder dispatch`.',
  'dispatch/failed': "Read the lines of the failed step; the run's page has the whole log.",
  'dispatch/no-result':
    "Let the workflow use this action in this version or a newer one; the run's page shows what was published.",
};
