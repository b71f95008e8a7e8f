import type { ProblemTable } from '../problem-catalogue.js';

/** Deletion of published versions. */
export const CLEANUP_PROBLEMS = {
  'cleanup/unreadable': {
    cause: "A published version can't be read, so the other versions that it needs are not known. Nothing was deleted.",
    fix: 'Run again: another run may have deleted it meanwhile. If it stays, restore or delete that version by hand; `image-release status` shows whether it is deployed.',
  },
  'cleanup/refused': {
    cause: 'The registry deletes nothing, or the token may not list or delete versions. Nothing was deleted.',
    fix: 'On ghcr.io set GITHUB_TOKEN: in a job with `permissions: { packages: write }` and the role Admin for this repository in the settings of the package ("Manage Actions access"), else a classic token with `read:packages` and `delete:packages`. In your own registry, allow deletion, or use its retention policy.',
  },
  'cleanup/not-deleted': {
    cause:
      'The registry keeps one version: GitHub deletes neither the last tagged version of a public package nor one with more than 5,000 downloads.',
    fix: 'Nothing to do. To delete it anyway, delete the package, or ask GitHub support.',
  },
} as const satisfies ProblemTable;
