import type { ProblemTable } from './table.js';

/** Registries: reaching them, logging in, what they serve. */
export const REGISTRY_PROBLEMS = {
  'registry/unreachable': {
    exit: 1,
    cause: 'The registry could not be reached, or did not answer in several tries.',
    fix: 'Check host and port in `registry`, the network, the certificate authority and HTTPS_PROXY.',
  },
  'registry/unauthorized': {
    exit: 1,
    cause: 'The registry wants a login, or does not accept the one that was given.',
    fix: 'Give registry-username and registry-password, or log in with `docker login` before; a password or token may have expired.',
  },
  'registry/denied': {
    exit: 1,
    cause: 'The login was accepted but has no right to this repository.',
    fix: 'Give it the right to push. On ghcr.io: `packages: write` in the `permissions` of the job, and the role Write for this repository in the settings of the package ("Manage Actions access").',
  },
  'registry/refused': {
    exit: 1,
    cause: 'The registry refused a request for a reason of its own.',
    fix: "Do what the registry's message says: many want the repository to be created first.",
  },
  'registry/unavailable': {
    exit: 1,
    cause: 'The registry answered with server errors, or limited the rate of requests, in several tries.',
    fix: 'Run again later; the status page of the registry says more. Where it limits anonymous requests, log in.',
  },
  'registry/garbage': {
    exit: 1,
    cause:
      'The registry, or something between, gave an answer that no registry gives, or other bytes than the digest says.',
    fix: 'Check that the host is a container registry and that no proxy changes its answers.',
  },
  'registry/credentials': {
    exit: 1,
    cause: "Docker's stored logins could not be read, or a credential helper failed.",
    fix: 'Repair ~/.docker/config.json, or give registry-username and registry-password.',
  },
  'registry/not-pushed': {
    exit: 1,
    cause: 'An image that was to be published was built but not pushed.',
    fix: 'Run again with push; when it persists, open an issue.',
  },
  'registry/manifest-missing': {
    exit: 1,
    cause: 'The registry does not serve an image, or a part of it, that was just pushed.',
    fix: 'Run again; when it persists, look at the log of the registry.',
  },
  'registry/blob-missing': {
    exit: 1,
    cause: 'The registry lost a layer, a config or an attestation of an image.',
    fix: 'Build without cache (`--no-cache`, input `no-cache`), so that everything is pushed again.',
  },
  'registry/platform-missing': {
    exit: 1,
    cause: 'The published image lacks a platform that the configuration asks for.',
    fix: 'Check `platforms` and that the builder can build all of them (`docker buildx inspect`).',
  },
  'registry/attestation-missing': {
    exit: 1,
    cause: 'The published image lacks an SBOM or provenance that the configuration asks for.',
    fix: 'Use a builder that can attest (docker-container, or the containerd image store), or turn it off in `attest`.',
  },
  'registry/attestation-mismatch': {
    exit: 1,
    cause: 'An attestation speaks of another image than the one that it is attached to.',
    fix: 'Do not deploy the image; build again.',
  },
  'registry/tag-not-moved': {
    exit: 1,
    cause: 'The registry accepted a tag and then served something else under it.',
    fix: 'Find out whether another run or a person moves the same tag; then run again.',
  },
  'registry/tag-replaced': {
    exit: 1,
    cause:
      'A moving tag named an image of which nothing says what it was built from, so its order is not known.',
    fix: 'Nothing, if the image came from another tool; the tag names this release now.',
  },
  'registry/tag-unsettled': {
    exit: 1,
    cause:
      'Publishing was done, but the registry or the ledger could not be asked whether a newer release came meanwhile.',
    fix: 'Look at the tag when all runs have ended; the next release puts it right.',
  },
  'registry/tags-left': {
    exit: 1,
    cause: 'Publishing failed half-way, and not every tag could be put back.',
    fix: 'Put the named tags back, or delete them, by hand.',
  },
  'registry/baseline-unreadable': {
    exit: 1,
    cause: 'What is published of an image already could not be read, so it is built.',
    fix: 'Check that the registry can be reached and lets this login read; the release goes on without.',
  },
  'registry/release-tag-taken': {
    exit: 1,
    cause: 'The tag that names this release stands for another image already; release tags never move.',
    fix: 'Use a tag that is unique to the commit or version, or remove the other image if nobody uses it.',
  },
} as const satisfies ProblemTable;
