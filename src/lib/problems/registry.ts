import type { ProblemTable } from '../problem-catalogue.js';

/** Registries, and signed attestations. */
export const REGISTRY_PROBLEMS = {
  'registry/unreachable': {
    cause: 'The registry could not be reached, or did not answer in several tries.',
    fix: 'Start the registry, or correct host and port in `registry`; check the network and HTTPS_PROXY. For a private certificate authority set NODE_EXTRA_CA_CERTS.',
  },
  'registry/unauthorized': {
    cause: 'The registry requires a login, rejects the given one, or a stored login could not be read.',
    fix: 'Give registry-username and registry-password, or log in with `docker login` before; a password or token may have expired.',
  },
  'registry/denied': {
    cause: 'The registry refused a request: the login lacks the right, or the repository does not exist.',
    fix: 'Give the login the right to push, or create the repository. On ghcr.io: `packages: write` in the `permissions` of the job, and the role Write for this repository in the settings of the package ("Manage Actions access").',
  },
  'registry/unavailable': {
    cause: 'The registry answered with server errors, or limited the rate of requests, in several tries.',
    fix: "Run again later; the registry's status page or log says more. If it limits anonymous requests, log in.",
  },
  'registry/garbage': {
    cause: 'The registry, or a proxy in front of it, returned an invalid answer, or other bytes than the digest says.',
    fix: 'Check that the host is a container registry and that no proxy changes its answers.',
  },
  'registry/incomplete': {
    cause: 'An image, or a part of it (manifest, layer, config or attestation), is not in the registry.',
    fix: 'Build without cache (`--no-cache`, input `no-cache`), so that everything is pushed again.',
  },
  'registry/platform-missing': {
    cause: 'The published image lacks a platform that the configuration asks for.',
    fix: 'Check `platforms`, and that the builder can build all of them (`docker buildx inspect`).',
  },
  'registry/attestation-missing': {
    cause: 'The published image lacks an SBOM or provenance that the configuration asks for.',
    fix: 'Use a builder that attests (docker-container, or Docker with the containerd image store), or turn it off in `attest`.',
  },
  'registry/attestation-mismatch': {
    cause: 'An attestation describes another image than the one that it is attached to.',
    fix: 'Do not deploy this image; build it again.',
  },
  'registry/tag-not-moved': {
    cause: 'The registry accepted a tag and then served something else under it.',
    fix: 'Find out whether another run or a person moves the same tag; then run again.',
  },
  'registry/tag-order-unknown': {
    cause: 'image-release could not find out whether a moving tag names the newest release.',
    fix: 'Compare the tag with the newest release when all runs have ended; the next release corrects it.',
  },
  'registry/tags-left': {
    cause: 'Publishing failed half-way, and not every tag could be restored.',
    fix: 'Move the named tags back, or delete them, by hand.',
  },
  'registry/baseline-unreadable': {
    cause: 'The published images could not be read, so the image is built.',
    fix: 'Check that the registry can be reached and lets this login read; the release continues.',
  },
  'registry/release-tag-taken': {
    cause: 'The release tag already names another image; release tags never move.',
    fix: 'Run again: another build of this commit gets its own tag. A tag of another commit stays as it is: release a new version.',
  },
  'signing/not-permitted': {
    cause: 'The job may not sign: it gets no OpenID token, or its token may not store attestations.',
    fix: 'Add `id-token: write` and `attestations: write` to the `permissions` of the job; leave the input `token` out.',
  },
  'signing/not-offered': {
    cause:
      'GitHub stores no attestations for this repository: it is private without Enterprise Cloud, or this is an Enterprise Server.',
    fix: 'Add `attestations: write` to the `permissions` of the job. If this GitHub stores no attestations for the repository (private without Enterprise Cloud, Enterprise Server), use `attest: { sign: cosign }`.',
  },
  'signing/failed': {
    cause: 'Sigstore, GitHub or cosign refused to sign, or gave an unreadable answer.',
    fix: 'Do what the message says, then run again. Nothing was published.',
  },
  'signing/unavailable': {
    cause: 'A signing service could not be reached, or answered with server errors, in several tries.',
    fix: 'Run again later; see https://status.sigstore.dev and https://www.githubstatus.com. Behind a proxy set HTTPS_PROXY. Nothing was published.',
  },
  'signing/missing': {
    cause: 'The configuration asks for signatures, and a deployed image has none.',
    fix: 'Release the image again: an image without a signature is rebuilt.',
  },
  'signing/invalid': {
    cause: 'An image has a signature that does not verify, or that somebody else made.',
    fix: 'Do not trust the image before you know who signed it. To go back: `image-release rollback`.',
  },
  'signing/unchecked': {
    cause: 'A signature could not be verified here: a key, a program or the trusted root is missing.',
    fix: 'On a machine with a network, run `gh attestation trusted-root > trusted-root.jsonl`, and give the file with `--trusted-root` or `IMAGE_RELEASE_TRUSTED_ROOT`.',
  },
} as const satisfies ProblemTable;
