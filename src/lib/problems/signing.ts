import type { ProblemTable } from './table.js';

/** Signed attestations: making them, keeping them, verifying them. */
export const SIGNING_PROBLEMS = {
  'signing/no-id-token': {
    exit: 1,
    cause: 'The job got no OpenID token, which proves to Sigstore which workflow it is.',
    fix: 'Add `id-token: write` to the `permissions` of the job.',
  },
  'signing/not-permitted': {
    exit: 1,
    cause: 'GitHub does not let the token of the job keep attestations.',
    fix: 'Add `attestations: write` to the `permissions` of the job, beside `id-token: write`.',
  },
  'signing/not-offered': {
    exit: 1,
    cause:
      'GitHub keeps no attestations for this repository: it is private without Enterprise Cloud, or this is an Enterprise Server.',
    fix: 'Use `attest: { sign: cosign }`.',
  },
  'signing/refused': {
    exit: 1,
    cause:
      'Sigstore or GitHub refused to certify, to log or to keep a signature, or its answer makes no sense.',
    fix: 'Do what the message says. Nothing was published.',
  },
  'signing/unavailable': {
    exit: 1,
    cause: 'A service that signs could not be reached, or answered with server errors, in several tries.',
    fix: 'Run again later; behind a proxy set HTTPS_PROXY. Nothing was published.',
  },
  'signing/cosign': {
    exit: 1,
    cause: 'The program cosign could not sign an image.',
    fix: 'Install cosign (sigstore/cosign-installer), or do what its message says. Nothing was published.',
  },
  'signing/missing': {
    exit: 1,
    cause: 'The configuration asks for signatures, and a deployed image has none.',
    fix: 'Release it again: an image without its signature is built anew.',
  },
  'signing/invalid': {
    exit: 1,
    cause: 'An image carries a signature that does not verify, or that somebody else made.',
    fix: 'Do not trust the image before you know who signed it. Go back: `image-release rollback`.',
  },
  'signing/unchecked': {
    exit: 1,
    cause: 'A signature could not be verified here.',
    fix: 'Install what the message names, or give `--trusted-root`.',
  },
  'signing/trusted-root': {
    exit: 1,
    cause:
      'What signatures are verified against could not be had: a file that can’t be read, or the update failed.',
    fix: 'Write one with `gh attestation trusted-root > trusted-root.jsonl` and give it with `--trusted-root` or `IMAGE_RELEASE_TRUSTED_ROOT`.',
  },
} as const satisfies ProblemTable;
