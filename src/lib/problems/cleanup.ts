/** Deletion of published versions. */
export const CLEANUP_PROBLEMS = {
  'cleanup/unreadable':
    'Run again: another run may have deleted it meanwhile. If it stays, restore or delete that version by hand; `image-release status` shows whether it is deployed.',
  'cleanup/refused':
    'On ghcr.io set GITHUB_TOKEN: in a job with `permissions: { packages: write }` and the role Admin for this repository in the settings of the package ("Manage Actions access"), else a classic token with `read:packages` and `delete:packages`. In your own registry, allow deletion, or use its retention policy.',
  'cleanup/not-deleted': 'Nothing to do. To delete it anyway, delete the package, or ask GitHub support.',
} as const;
