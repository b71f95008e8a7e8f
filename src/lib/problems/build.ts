import type { ProblemTable } from './table.js';

/** Docker, buildx, and what happens in a build. */
export const BUILD_PROBLEMS = {
  'build/docker-missing': {
    exit: 1,
    cause: 'There is no docker command on PATH.',
    fix: 'Install Docker with buildx, or add it to PATH. Without Docker: [building anywhere](builders.md).',
  },
  'build/buildx-missing': {
    exit: 1,
    cause: 'Docker is there, its buildx plugin is not.',
    fix: 'Install the buildx plugin, 0.13 or newer.',
  },
  'build/buildx-too-old': {
    exit: 1,
    cause: 'buildx is older than 0.13, which this program needs.',
    fix: 'Update the buildx plugin; in Actions use a newer runner image, or docker/setup-buildx-action.',
  },
  'build/daemon-unreachable': {
    exit: 1,
    cause: 'The Docker daemon does not run or may not be reached.',
    fix: 'Start it, or point DOCKER_HOST or the docker context to one that runs.',
  },
  'build/builder-unusable': {
    exit: 1,
    cause: 'The selected builder does not exist or gives no answer.',
    fix: 'See `docker buildx ls`; select another with `docker buildx use NAME`, unset BUILDX_BUILDER, or correct `builder.name`.',
  },
  'build/builder-not-started': {
    exit: 1,
    cause: 'A builder had to be started, and could not be.',
    fix: 'Let the machine pull the BuildKit image, name one on a mirror in `builder.image`, or use the containerd image store, which needs no builder.',
  },
  'build/builder-lost': {
    exit: 1,
    cause:
      'The builder ended, or could not be reached any more, while it built. As a warning: the build was tried again when it was back.',
    fix: 'Nothing after a warning; else see its log (`docker logs`, `journalctl -u docker`, `kubectl describe pod`), and give it more memory where it was killed for want of it.',
  },
  'build/no-emulation': {
    exit: 1,
    cause: 'A platform is built that this machine can not run itself.',
    fix: 'Set up emulation (docker/setup-qemu-action), cross-compile with `FROM --platform=$BUILDPLATFORM`, or add a builder node of that platform.',
  },
  'build/docker-config-unreadable': {
    exit: 1,
    cause: "The user's docker config.json is not JSON.",
    fix: 'Correct or remove the file; `docker login` writes a new one.',
  },
  'build/step-failed': {
    exit: 1,
    cause: 'An instruction of a Dockerfile failed.',
    fix: 'Read the last lines that it printed; the same step fails with `docker build` on your machine.',
  },
  'build/dockerfile-invalid': {
    exit: 2,
    cause: 'BuildKit can not read a Dockerfile.',
    fix: 'Correct the line that it names; see the [Dockerfile reference](https://docs.docker.com/reference/dockerfile/).',
  },
  'build/dockerfile-missing': {
    exit: 2,
    cause: 'A Dockerfile is not where it was looked for.',
    fix: 'Correct `images.<key>.dockerfile`: it is relative to `images.<key>.context`.',
  },
  'build/target-missing': {
    exit: 2,
    cause: 'A Dockerfile has no stage of the configured name.',
    fix: 'Correct `images.<key>.target`, or name the stage: `FROM … AS <name>`.',
  },
  'build/copy-source-missing': {
    exit: 1,
    cause: 'COPY or ADD names a file that the build context does not hold.',
    fix: 'Check the path, which counts from the context, and that .dockerignore does not leave it out.',
  },
  'build/secret-missing': {
    exit: 2,
    cause: 'A build secret that the Dockerfile asks for was not given.',
    fix: 'List it under the image, such as `secrets: { npm: { env: NPM_TOKEN } }`, and give the step that variable.',
  },
  'build/base-image-missing': {
    exit: 1,
    cause: 'A base image does not exist in its registry.',
    fix: 'Correct name and tag in the FROM line; for a private image run `docker login` before.',
  },
  'build/sbom-scanner': {
    exit: 1,
    cause:
      'The image of the SBOM scanner could not be had. As a warning, with `attest.sbom: best-effort`: images were built without an SBOM.',
    fix: 'Name a copy that the builder can pull in attest.scanner, or log in to its registry.',
  },
  'build/registry-unauthorized': {
    exit: 1,
    cause: 'A registry asks for a login, or refuses the one given.',
    fix: 'Give registry-username and registry-password, or run `docker login` for that registry before.',
  },
  'build/registry-denied': {
    exit: 1,
    cause: 'A registry refuses to take or give an image with these credentials.',
    fix: 'Give the credentials the right that is missing. On ghcr.io: `packages: write` in the `permissions` of the job, and the role Write for this repository in the settings of the package ("Manage Actions access").',
  },
  'build/image-name-invalid': {
    exit: 2,
    cause: 'An image name is not a valid reference.',
    fix: 'Use lower case letters, digits, dots, dashes and slashes.',
  },
  'build/registry-failing': {
    exit: 1,
    cause:
      'A registry, or the way to it, fails as it should only for a moment: status 5xx or 429, a broken connection. As a warning: the build was tried again.',
    fix: "Nothing after a warning; else see the registry's status page and what stands between it and the builder.",
  },
  'build/push-failed': {
    exit: 1,
    cause: 'An image could not be pushed.',
    fix: 'Check that the registry runs and that the builder reaches it under this name.',
  },
  'build/network': {
    exit: 1,
    cause: 'A host could not be reached during the build.',
    fix: 'Check the name of the host, and network and DNS of the machine that builds; behind a proxy set HTTP_PROXY for the builder. Then run again.',
  },
  'build/out-of-memory': {
    exit: 1,
    cause: 'A step was killed, nearly always for want of memory.',
    fix: 'Give the builder more memory, build fewer images at once, or limit the process: `ENV NODE_OPTIONS=--max-old-space-size=4096`.',
  },
  'build/no-space': {
    exit: 1,
    cause: 'The disk of the builder, or of the machine that this program runs on, is full.',
    fix: 'Free it with `docker buildx prune` and `docker system prune`, or give the machine a larger disk.',
  },
  'build/nested-overlay': {
    exit: 1,
    cause: "The builder's state lies on overlayfs, on which overlayfs can not be mounted again.",
    fix: 'Move it to a volume, or use the storage driver "native": [nested overlayfs](builders.md#docker-in-a-devpod).',
  },
  'build/wrong-architecture': {
    exit: 1,
    cause: 'A program was built for another processor than the one that runs it.',
    fix: 'Set up emulation (docker/setup-qemu-action), or cross-compile in a stage `FROM --platform=$BUILDPLATFORM`.',
  },
  'build/cache-lost': {
    exit: 1,
    cause:
      'A part of the build cache vanished while it was read. As a warning: what read it was built again without it.',
    fix: 'Nothing after a warning; else run again with `no-cache`.',
  },
  'build/cache-silent': {
    exit: 1,
    cause:
      'The service of the build cache accepts requests and answers none. As a warning: the cache was not written.',
    fix: 'Nothing after a warning; else restart the builder and build with `no-cache`.',
  },
  'build/cache-mounts': {
    exit: 1,
    cause: 'What the cache mounts of an image hold could not be carried between runs. Always a warning.',
    fix: 'The image is not affected; the steps that use the mounts take longer.',
  },
  'build/warning': {
    exit: 1,
    cause:
      'BuildKit has something to say about a Dockerfile, or the build cache could not be saved. Always a warning.',
    fix: 'The images are not affected.',
  },
  'build/failed': {
    exit: 1,
    cause: 'The build failed in a way that this program does not know.',
    fix: "Read BuildKit's message. Where it says nothing, see the log of the builder (`docker logs`, `journalctl -u docker`), and run again.",
  },
} as const satisfies ProblemTable;
