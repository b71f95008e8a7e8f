import type { ProblemTable } from '../problem-catalogue.js';

/** The live status of a deployed image: `status --live` and `--wait`. */
export const LIVE_PROBLEMS = {
  'live/failed': {
    cause:
      'The image was deployed, but the cluster does not run it: its pods do not start or crash, a rollout is stuck, another digest runs, or Argo CD or Flux reports a failure. The message has the reason of the cluster, the detail has the last lines of the log.',
    fix: 'Correct the cause and release again, or roll back: `image-release rollback KEY`.',
  },
  'live/timeout': {
    cause: 'The time of `--wait` is over, and the image does not run yet. The message names what is missing.',
    fix: 'Look again with `image-release status --live`, wait longer with `--wait=20m`, or roll back: `image-release rollback KEY`.',
  },
  'live/unknown': {
    cause:
      'Neither a cluster nor a commit status tells whether the image runs. The message has the reason: no cluster, a missing right, no workload, or a controller that is suspended. The deployment itself is not affected.',
    fix: 'Remove the reason that the message names. `image-release doctor` prints the Role that `--live` needs; without a cluster, let Argo CD or Flux set commit statuses, and give the token `statuses: read`.',
  },
} as const satisfies ProblemTable;
