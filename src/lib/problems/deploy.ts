import type { ProblemTable } from '../problem-catalogue.js';

/** The deploy commit and the Kustomizations that it edits. */
export const DEPLOY_PROBLEMS = {
  'deploy/not-configured': {
    exit: 2,
    cause: 'Images should be deployed, but the configuration names no place to deploy to.',
    fix: 'Name the Kustomization that lists the images: `deploy: k8s/kustomization.yml`.',
  },
  'deploy/kustomization-missing': {
    exit: 2,
    cause:
      'The path names no Kustomization that can be edited: it matches no file, leaves the repository, or is a symbolic link or another kind of file.',
    fix: 'Set `deploy.kustomization` to the kustomization.yaml that lists the images, relative to the root of the repository.',
  },
  'deploy/message-skips-ci': {
    exit: 2,
    cause:
      '`deploy.message` has an instruction such as [skip ci], which would block required checks on a pull request. The commit leaves it out.',
    fix: 'Remove it: a deploy commit starts no release by itself.',
  },
  'deploy/not-pullable': {
    cause:
      'The registry does not serve the image under its tag, or serves another digest than the one that was released or deployed.',
    fix: 'Find out what moved or removed the tag, then release again or roll back. `image-release deploy --no-registry-check` skips this check.',
  },
  'deploy/target-missing': {
    cause: 'The repository or branch to deploy to does not exist, has no commit yet, or the token may not see it.',
    fix: 'Correct `deploy.repository` or `deploy.branch`. GITHUB_TOKEN reaches the repository of the workflow only: for another one give the input `deploy-token`, such as the token of a GitHub App that is installed there.',
  },
  'deploy/permission-denied': {
    cause: 'The server does not accept the token or password, or it may not write to the repository.',
    fix: 'Add `contents: write` to the `permissions` of the job; for another repository give the input `deploy-token`, a token that may write there.',
  },
  'deploy/rules-refuse': {
    cause: 'A ruleset or branch protection refuses a direct commit to the branch, or will refuse it.',
    fix: "Set `mode: pull-request` under `deploy`, so that a release opens a pull request; or add the app or user behind the token to the bypass list of the rule (GITHUB_TOKEN can't be on it: use a GitHub App token).",
  },
  'deploy/order-unknown': {
    exit: 3,
    cause:
      'It is not known which commit is newer: the deployed one and this one are on different lines of history, in different repositories, or one of them does not exist.',
    fix: 'Release from the branch that is deployed; or deploy this commit on purpose with `allow-rollback: true` (--allow-rollback).',
  },
  'deploy/ledger-unreadable': {
    cause: 'The ledger of a channel is damaged, or was written by a newer version of image-release.',
    fix: 'Restore its last good commit (`git log refs/image-release/CHANNEL`), or delete the ref to start again: `git push origin :refs/image-release/CHANNEL`.',
  },
  'deploy/ledger-refused': {
    cause:
      "The server does not accept the ref of the ledger, or can't move it together with the branch, so only the tags in the files tell which release is newer.",
    fix: "Let the token create refs (refs/image-release/*, or branches image-release/*), so that a late run can't undo a newer one that had nothing to change.",
  },
  'deploy/pull-request-edited': {
    cause: 'The branch of the pull request holds a commit that image-release has not made.',
    fix: 'Merge or close the pull request and delete its branch, then release again.',
  },
  'deploy/pull-request-refused': {
    cause: 'The token or a setting of the repository does not allow the pull request to be opened.',
    fix: 'Add `pull-requests: write` to the `permissions` of the job, or give a GitHub App token (input `deploy-token`), whose pull requests also start workflows.',
  },
  'deploy/pull-request-incomplete': {
    cause: 'The pull request is open, but its labels or its auto-merge could not be set.',
    fix: 'Do what the message below asks for: allow auto-merge and the merge method of `deploy.auto-merge` in the settings of the repository (General, Pull Requests), or merge the pull request by hand.',
  },
  'deploy/push-refused': {
    cause: 'The server refused the deploy commit, for instance by a hook.',
    fix: "Do what the server's message below asks for; nothing was committed.",
  },
  'deploy/gave-up': {
    cause: 'The server failed, limited the rate, or the branch moved in each of several tries.',
    fix: 'Run again later; published images stay, and a commit that landed after all is recognised.',
  },
  'deploy/git-failed': {
    cause: 'git is not installed, or a git command failed in an unknown way.',
    fix: 'Read its message; git 2.31 or newer is needed, and `git ls-remote URL` must work from the same place.',
  },
  'deploy/kustomization-unreadable': {
    exit: 2,
    cause: 'The file is not valid YAML in UTF-8.',
    fix: 'Correct the YAML at the place that is named.',
  },
  'deploy/kustomization-unsafe': {
    exit: 2,
    cause: "The place can't be edited without changing something else, or without guessing which entry is meant.",
    fix: 'Write the value once, on one line, without anchors, and keep one entry for each name.',
  },
  'deploy/overridden': {
    cause: 'Argo CD or Flux uses another image than the one in the Kustomization.',
    fix: 'Remove the override of the image from the Application or Kustomization resource.',
  },
  'deploy/entry-missing': {
    exit: 2,
    cause: 'The list of images has no entry that deploys this image.',
    fix: 'Correct the name, or add the entry: `image-release set --add k8s/kustomization.yml NAME=:TAG`.',
  },
  'deploy/entry-pinned': {
    exit: 2,
    cause: 'The entry has a tag and a digest (or gets both); they must be set together to name one image.',
    fix: 'Give both: `image-release set k8s/kustomization.yml NAME=:TAG@DIGEST`.',
  },
  'deploy/write-failed': {
    cause: "The file couldn't be read or written.",
    fix: 'Correct what the message names: permissions of the file or its folder, a full disk, a name that is too long.',
  },
  'deploy/edit-replaced': {
    cause: 'Somebody edited the Kustomization by hand after the last release. This release has replaced the edit.',
    fix: 'Leave the image out of the `images` of the deploy target to keep a value that is set by hand, or go back with `image-release rollback KEY`.',
  },
  'deploy/drifted': {
    cause: 'A Kustomization deploys something else than the ledger records: somebody edited it by hand.',
    fix: 'Restore the recorded release with `image-release rollback KEY --to TAG`, or record the current one with `image-release deploy --image`.',
  },
  'deploy/no-history': {
    cause: 'The channel has no ledger yet, or the ledger has never seen this image, so there is nothing to go back to.',
    fix: 'Name the release yourself: `image-release deploy --image KEY=REF:TAG --allow-rollback`.',
  },
  'deploy/no-such-release': {
    exit: 2,
    cause: 'The ledger has no release of this image by that tag or commit, or not so many.',
    fix: 'Give one of the releases that the message lists: `image-release rollback KEY --to TAG`.',
  },
  'deploy/unknown-channel': {
    exit: 2,
    cause: 'No deploy target of the configuration belongs to that channel.',
    fix: 'Give --channel one of those that the message lists.',
  },
  'deploy/other-source': {
    cause: 'The provenance of a deployed image names another commit than the ledger has on record for it.',
    fix: 'Find out who built the image; deploy it again with the commit that it was built from: `image-release deploy --image KEY=REF:TAG --source COMMIT`.',
  },
  'deploy/image-unmatched': {
    exit: 2,
    cause:
      'The edited entry does not yield the expected image in `kustomize build`, or leaves the replaced image in a resource.',
    fix: "Set the entry's name to the image in the manifests (or in the base's output).",
  },
  'deploy/kustomize-rejects': {
    exit: 2,
    cause: 'kustomize refuses the Kustomization, or a part of it.',
    fix: 'Correct the Kustomization as the message says; `kustomize build` must succeed.',
  },
  'deploy/kustomize-unproved': {
    exit: 2,
    cause:
      "The edit couldn't be proved: kustomize is not installed, or the build needs something that is not available here (a remote base, Helm, a plugin).",
    fix: 'Look at the rollout, install kustomize, or keep a copy of the base in the repository.',
  },
  'deploy/kustomize-unrestricted': {
    exit: 2,
    cause: 'The Kustomization reads files outside of its own folder, which kustomize refuses by default.',
    fix: 'Flux builds it anyway; for Argo CD set kustomize.buildOptions in argocd-cm, or move the files.',
  },
} as const satisfies ProblemTable;
