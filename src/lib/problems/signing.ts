import type { ProblemTable } from './table.js';

/** Signed attestations: making them, keeping them, verifying them. */
export const SIGNING_PROBLEMS = {
  'signing/not-permitted': {
    exit: 1,
    cause: 'The job may not sign: it gets no OpenID token, or its token may not store attestations.',
    fix: 'Add `id-token: write` and `attestations: write` to the `permissions` of the job; leave the input `token` out.',
  },
  'signing/not-offered': {
    exit: 1,
    cause:
      'GitHub stores no attestations for this repository: it is private without Enterprise Cloud, or this is an Enterprise Server.',
    fix: 'Add `attestations: write` to the `permissions` of the job. If this GitHub stores no attestations for the repository (private without Enterprise Cloud, Enterprise Server), use `attest: { sign: cosign }`.',
  },
  'signing/failed': {
    exit: 1,
    cause: 'Sigstore, GitHub or cosign refused to sign, or gave an unreadable answer.',
    fix: 'Do what the message says, then run again. Nothing was published.',
  },
  'signing/unavailable': {
    exit: 1,
    cause: 'A signing service could not be reached, or answered with server errors, in several tries.',
    fix: 'Run again later; see https://status.sigstore.dev and https://www.githubstatus.com. Behind a proxy set HTTPS_PROXY. Nothing was published.',
  },
  'signing/missing': {
    exit: 1,
    cause: 'The configuration asks for signatures, and a deployed image has none.',
    fix: 'Release the image again: an image without a signature is rebuilt.',
  },
  'signing/invalid': {
    exit: 1,
    cause: 'An image has a signature that does not verify, or that somebody else made.',
    fix: 'Do not trust the image before you know who signed it. To go back: `image-release rollback`.',
  },
  'signing/unchecked': {
    exit: 1,
    cause: 'A signature could not be verified here: a key, a program or the trusted root is missing.',
    fix: 'On a machine with a network, run `gh attestation trusted-root > trusted-root.jsonl`, and give the file with `--trusted-root` or `IMAGE_RELEASE_TRUSTED_ROOT`.',
  },
} as const satisfies ProblemTable;
