/** The deploy commit and the Kustomizations that it edits. */
export const DEPLOY_PROBLEMS = {
  'deploy/not-configured': 'Name the Kustomization that lists the images: `deploy: k8s/kustomization.yml`.',
  'deploy/kustomization-missing':
    'Set `deploy.kustomization` to the kustomization.yaml that lists the images, relative to the root of the repository.',
  'deploy/message-skips-ci': 'Remove it: a deploy commit starts no release by itself.',
  'deploy/not-pullable':
    'Find out what moved or removed the tag, then release again or roll back. `image-release deploy --no-registry-check` skips this check.',
  'deploy/target-missing':
    'Correct `deploy.repository` or `deploy.branch`. GITHUB_TOKEN reaches the repository of the workflow only: for another one give the input `deploy-token`, such as the token of a GitHub App that is installed there.',
  'deploy/permission-denied':
    'Add `contents: write` to the `permissions` of the job; for another repository give the input `deploy-token`, a token that may write there.',
  'deploy/rules-refuse':
    "Set `mode: pull-request` under `deploy`, so that a release opens a pull request; or add the app or user behind the token to the bypass list of the rule (GITHUB_TOKEN can't be on it: use a GitHub App token).",
  'deploy/order-unknown':
    'Release from the branch that is deployed; or deploy this commit on purpose with `allow-rollback: true` (--allow-rollback).',
  'deploy/ledger-unreadable':
    'Restore its last good commit (`git log refs/image-release/CHANNEL`), or delete the ref to start again: `git push origin :refs/image-release/CHANNEL`.',
  'deploy/ledger-refused':
    "Let the token create refs (refs/image-release/*, or branches image-release/*), so that a late run can't undo a newer one that had nothing to change.",
  'deploy/pull-request-edited': 'Merge or close the pull request and delete its branch, then release again.',
  'deploy/pull-request-refused':
    'Add `pull-requests: write` to the `permissions` of the job, or give a GitHub App token (input `deploy-token`), whose pull requests also start workflows.',
  'deploy/pull-request-incomplete':
    'Do what the message below asks for: allow auto-merge and the merge method of `deploy.auto-merge` in the settings of the repository (General, Pull Requests), or merge the pull request by hand.',
  'deploy/push-refused': "Do what the server's message below asks for; nothing was committed.",
  'deploy/gave-up': 'Run again later; published images stay, and a commit that landed after all is recognised.',
  'deploy/git-failed':
    'Read its message; git 2.31 or newer is needed, and `git ls-remote URL` must work from the same place.',
  'deploy/kustomization-unreadable': 'Correct the YAML at the place that is named.',
  'deploy/kustomization-unsafe':
    'Write the value once, on one line, without anchors, and keep one entry for each name.',
  'deploy/overridden': 'Remove the override of the image from the Application or Kustomization resource.',
  'deploy/entry-missing':
    'Correct the name, or add the entry: `image-release set --add k8s/kustomization.yml NAME=:TAG`.',
  'deploy/entry-pinned': 'Give both: `image-release set k8s/kustomization.yml NAME=:TAG@DIGEST`.',
  'deploy/write-failed':
    'Correct what the message names: permissions of the file or its folder, a full disk, a name that is too long.',
  'deploy/edit-replaced':
    'Leave the image out of the `images` of the deploy target to keep a value that is set by hand, or go back with `image-release rollback KEY`.',
  'deploy/drifted':
    'Restore the recorded release with `image-release rollback KEY --to TAG`, or record the current one with `image-release deploy --image`.',
  'deploy/no-history': 'Name the release yourself: `image-release deploy --image KEY=REF:TAG --allow-rollback`.',
  'deploy/no-such-release': 'Give one of the releases that the message lists: `image-release rollback KEY --to TAG`.',
  'deploy/unknown-channel': 'Give --channel one of those that the message lists.',
  'deploy/other-source':
    'Find out who built the image; deploy it again with the commit that it was built from: `image-release deploy --image KEY=REF:TAG --source COMMIT`.',
  'deploy/image-unmatched': "Set the entry's name to the image in the manifests (or in the base's output).",
  'deploy/kustomize-rejects': 'Correct the Kustomization as the message says; `kustomize build` must succeed.',
  'deploy/kustomize-unproved': 'Look at the rollout, install kustomize, or keep a copy of the base in the repository.',
  'deploy/kustomize-unrestricted':
    'Flux builds it anyway; for Argo CD set kustomize.buildOptions in argocd-cm, or move the files.',
  'live/failed': 'Correct the cause and release again, or roll back: `image-release rollback KEY`.',
  'live/timeout':
    'Look again with `image-release status --live`, wait longer with `--wait=20m`, or roll back: `image-release rollback KEY`.',
  'live/unknown':
    'Remove the reason that the message names. `image-release doctor` prints the Role that `--live` needs; without a cluster, let Argo CD or Flux set commit statuses, and give the token `statuses: read`.',
  'cleanup/unreadable':
    'Run again: another run may have deleted it meanwhile. If it stays, restore or delete that version by hand; `image-release status` shows whether it is deployed.',
  'cleanup/refused':
    'On ghcr.io set GITHUB_TOKEN: in a job with `permissions: { packages: write }` and the role Admin for this repository in the settings of the package ("Manage Actions access"), else a classic token with `read:packages` and `delete:packages`. In your own registry, allow deletion, or use its retention policy.',
  'cleanup/not-deleted': 'Nothing to do. To delete it anyway, delete the package, or ask GitHub support.',
};
