import type { ProblemTable } from './table.js';

/** Registries: reaching them, logging in, what they serve. */
export const REGISTRY_PROBLEMS = {
  'registry/unreachable': {
    exit: 1,
    cause: 'The registry could not be reached, or did not answer in several tries.',
    fix: 'Start the registry, or correct host and port in `registry`; check the network and HTTPS_PROXY. For a private certificate authority set NODE_EXTRA_CA_CERTS.',
  },
  'registry/unauthorized': {
    exit: 1,
    cause: 'The registry requires a login, rejects the given one, or a stored login could not be read.',
    fix: 'Give registry-username and registry-password, or log in with `docker login` before; a password or token may have expired.',
  },
  'registry/denied': {
    exit: 1,
    cause: 'The registry refused a request: the login lacks the right, or the repository does not exist.',
    fix: 'Give the login the right to push, or create the repository. On ghcr.io: `packages: write` in the `permissions` of the job, and the role Write for this repository in the settings of the package ("Manage Actions access").',
  },
  'registry/unavailable': {
    exit: 1,
    cause: 'The registry answered with server errors, or limited the rate of requests, in several tries.',
    fix: "Run again later; the registry's status page or log says more. If it limits anonymous requests, log in.",
  },
  'registry/garbage': {
    exit: 1,
    cause: 'The registry, or a proxy in front of it, returned an invalid answer, or other bytes than the digest says.',
    fix: 'Check that the host is a container registry and that no proxy changes its answers.',
  },
  'registry/incomplete': {
    exit: 1,
    cause: 'An image, or a part of it (manifest, layer, config or attestation), is not in the registry.',
    fix: 'Build without cache (`--no-cache`, input `no-cache`), so that everything is pushed again.',
  },
  'registry/platform-missing': {
    exit: 1,
    cause: 'The published image lacks a platform that the configuration asks for.',
    fix: 'Check `platforms`, and that the builder can build all of them (`docker buildx inspect`).',
  },
  'registry/attestation-missing': {
    exit: 1,
    cause: 'The published image lacks an SBOM or provenance that the configuration asks for.',
    fix: 'Use a builder that attests (docker-container, or Docker with the containerd image store), or turn it off in `attest`.',
  },
  'registry/attestation-mismatch': {
    exit: 1,
    cause: 'An attestation describes another image than the one that it is attached to.',
    fix: 'Do not deploy this image; build it again.',
  },
  'registry/tag-not-moved': {
    exit: 1,
    cause: 'The registry accepted a tag and then served something else under it.',
    fix: 'Find out whether another run or a person moves the same tag; then run again.',
  },
  'registry/tag-order-unknown': {
    exit: 1,
    cause: 'image-release could not find out whether a moving tag names the newest release.',
    fix: 'Compare the tag with the newest release when all runs have ended; the next release corrects it.',
  },
  'registry/tags-left': {
    exit: 1,
    cause: 'Publishing failed half-way, and not every tag could be restored.',
    fix: 'Move the named tags back, or delete them, by hand.',
  },
  'registry/baseline-unreadable': {
    exit: 1,
    cause: 'The published images could not be read, so the image is built.',
    fix: 'Check that the registry can be reached and lets this login read; the release continues.',
  },
  'registry/release-tag-taken': {
    exit: 1,
    cause: 'The release tag already names another image; release tags never move.',
    fix: 'Run again: another build of this commit gets its own tag. A tag of another commit stays as it is: release a new version.',
  },
} as const satisfies ProblemTable;
