/** Registries, and signed attestations. */
export const REGISTRY_PROBLEMS = {
  'registry/unreachable':
    'Start the registry, or correct host and port in `registry`; check the network and HTTPS_PROXY. For a private certificate authority set NODE_EXTRA_CA_CERTS.',
  'registry/unauthorized':
    'Give registry-username and registry-password, or log in with `docker login` before; a password or token may have expired.',
  'registry/denied':
    'Give the login the right to push, or create the repository. On ghcr.io: `packages: write` in the `permissions` of the job, and the role Write for this repository in the settings of the package ("Manage Actions access").',
  'registry/unavailable':
    "Run again later; the registry's status page or log says more. If it limits anonymous requests, log in.",
  'registry/garbage': 'Check that the host is a container registry and that no proxy changes its answers.',
  'registry/incomplete': 'Build without cache (`--no-cache`, input `no-cache`), so that everything is pushed again.',
  'registry/platform-missing':
    'Check `platforms`, and that the builder can build all of them (`docker buildx inspect`).',
  'registry/attestation-missing':
    'Use a builder that attests (docker-container, or Docker with the containerd image store), or turn it off in `attest`.',
  'registry/attestation-mismatch': 'Do not deploy this image; build it again.',
  'registry/tag-not-moved': 'Find out whether another run or a person moves the same tag; then run again.',
  'registry/tag-order-unknown':
    'Compare the tag with the newest release when all runs have ended; the next release corrects it.',
  'registry/tags-left': 'Move the named tags back, or delete them, by hand.',
  'registry/baseline-unreadable':
    'Check that the registry can be reached and lets this login read; the release continues.',
  'registry/release-tag-taken':
    'Run again: another build of this commit gets its own tag. A tag of another commit stays as it is: release a new version.',
  'signing/not-permitted':
    'Add `id-token: write` and `attestations: write` to the `permissions` of the job; leave the input `token` out.',
  'signing/not-offered':
    'Add `attestations: write` to the `permissions` of the job. If this GitHub stores no attestations for the repository (private without Enterprise Cloud, Enterprise Server), use `attest: { sign: cosign }`.',
  'signing/failed': 'Do what the message says, then run again. Nothing was published.',
  'signing/unavailable':
    'Run again later; see https://status.sigstore.dev and https://www.githubstatus.com. Behind a proxy set HTTPS_PROXY. Nothing was published.',
  'signing/missing': 'Release the image again: an image without a signature is rebuilt.',
  'signing/invalid': 'Do not trust the image before you know who signed it. To go back: `image-release rollback`.',
  'signing/unchecked':
    'On a machine with a network, run `gh attestation trusted-root > trusted-root.jsonl`, and give the file with `--trusted-root` or `IMAGE_RELEASE_TRUSTED_ROOT`.',
};
