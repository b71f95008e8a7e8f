/** The live status of a deployed image: `status --live` and `--wait`. */
export const LIVE_PROBLEMS = {
  'live/failed': 'Correct the cause and release again, or roll back: `image-release rollback KEY`.',
  'live/timeout':
    'Look again with `image-release status --live`, wait longer with `--wait=20m`, or roll back: `image-release rollback KEY`.',
  'live/unknown':
    'Remove the reason that the message names. `image-release doctor` prints the Role that `--live` needs; without a cluster, let Argo CD or Flux set commit statuses, and give the token `statuses: read`.',
} as const;
