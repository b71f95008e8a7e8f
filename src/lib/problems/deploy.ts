import type { ProblemTable } from './table.js';

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
    exit: 1,
    cause:
      'The registry does not serve the image under its tag, or serves another digest than the one that was released or deployed.',
    fix: 'Find out what moved or removed the tag, then release again or roll back. `image-release deploy --no-registry-check` skips this check.',
  },
  'deploy/branch-missing': {
    exit: 2,
    cause: 'The branch to deploy to does not exist.',
    fix: 'Correct deploy.branch, or create the branch.',
  },
  'deploy/repository-empty': {
    exit: 2,
    cause: 'The repository to deploy to has no commit yet.',
    fix: 'Push a first commit with the Kustomization.',
  },
  'deploy/repository-missing': {
    exit: 1,
    cause: 'The repository does not exist, or the credentials may not see it.',
    fix: 'Check the name, and that the token has access to this repository.',
  },
  'deploy/token-rejected': {
    exit: 1,
    cause: 'The token or password was not accepted.',
    fix: 'Give a valid token; it may have expired.',
  },
  'deploy/permission-denied': {
    exit: 1,
    cause: 'The token may read the repository but not write to it.',
    fix: 'Add `contents: write` to the `permissions` of the job, or use a token that may push.',
  },
  'deploy/rules-refuse': {
    exit: 1,
    cause: 'Branch protection or a ruleset refuses a direct commit to the branch.',
    fix: 'Propose instead of committing: `mode: pull-request` under `deploy`; or let the app or user behind the token bypass the rule.',
  },
  'deploy/rules-ahead': {
    exit: 1,
    cause:
      'A rule of the branch refuses direct commits; whether the token may bypass it could not be learnt.',
    fix: 'Deploy by pull request (`mode: pull-request`), or use a GitHub App token that may bypass the rule.',
  },
  'deploy/order-diverged': {
    exit: 3,
    cause:
      'The commit to be deployed and the one that is deployed stand on different lines of history, so neither is newer.',
    fix: 'Release from the branch that is deployed, or allow it once: the input `allow-rollback: true`, or --allow-rollback.',
  },
  'deploy/order-unknown': {
    exit: 3,
    cause: 'The newest release is of a commit that the repository does not have, or of another repository.',
    fix: 'Release from the branch that is deployed, or allow it once: the input `allow-rollback: true`, or --allow-rollback.',
  },
  'deploy/ledger-unreadable': {
    exit: 1,
    cause: 'The ledger of a channel is damaged, or was written by a newer version of this program.',
    fix: 'Put its last good commit back, or begin anew: `git push origin :refs/image-release/CHANNEL`.',
  },
  'deploy/ledger-refused': {
    exit: 1,
    cause:
      'The server takes no ref for the ledger, so only the tags in the files tell which release is newer.',
    fix: 'Let the token create refs/image-release/* or branches image-release/*.',
  },
  'deploy/pull-request-edited': {
    exit: 1,
    cause: 'Somebody has put a commit of their own on the branch of the pull request.',
    fix: 'Merge or close the pull request and delete its branch, then release again.',
  },
  'deploy/pull-request-needs-api': {
    exit: 2,
    cause: 'mode: pull-request is set, and the repository is reached through plain git.',
    fix: 'Set GITHUB_TOKEN (or deploy-token), so that the API is used; or use mode: commit.',
  },
  'deploy/pull-request-refused': {
    exit: 1,
    cause: 'The token or a setting of the repository does not allow to open the pull request.',
    fix: 'Add `pull-requests: write` to the `permissions` of the job, or use a GitHub App token (input `deploy-token`).',
  },
  'deploy/auto-merge-refused': {
    exit: 1,
    cause: 'The repository does not let this pull request merge by itself; it stands and waits for a person.',
    fix: 'Allow auto-merge in the settings of the repository, or remove auto-merge.',
  },
  'deploy/labels-refused': {
    exit: 1,
    cause: 'The labels could not be put on the pull request; it stands without them.',
    fix: 'Correct the labels, or give the token the right to write pull requests.',
  },
  'deploy/push-refused': {
    exit: 1,
    cause: 'The server refused the push, for instance by a hook.',
    fix: "Do what the server's message says.",
  },
  'deploy/rate-limited': {
    exit: 1,
    cause: 'The server asked to wait longer than a release can.',
    fix: 'Run again later; the published images stand.',
  },
  'deploy/branch-busy': {
    exit: 1,
    cause: 'The branch moved under every one of many tries.',
    fix: 'Run again; when it persists, find out what commits to the branch so often.',
  },
  'deploy/no-answer': {
    exit: 1,
    cause: 'The server failed or did not answer in several tries.',
    fix: 'Run again later; a commit that landed after all is recognised.',
  },
  'deploy/unsafe-write': {
    exit: 1,
    cause: 'This server has no compare-and-set write that keeps the mode of the file.',
    fix: 'Remove the executable bit from the Kustomization (`git update-index --chmod=-x FILE`), or deploy through plain git.',
  },
  'deploy/git-missing': {
    exit: 1,
    cause: 'git is not installed.',
    fix: 'Install git 2.31 or newer.',
  },
  'deploy/git-failed': {
    exit: 1,
    cause: 'A git command failed in a way that this program does not know.',
    fix: 'Read its message; `git ls-remote URL` must work from the same place.',
  },
  'deploy/kustomization-unreadable': {
    exit: 2,
    cause: 'The file is not valid YAML in UTF-8.',
    fix: 'Correct the YAML at the place that is named.',
  },
  'deploy/kustomization-unsafe': {
    exit: 2,
    cause:
      "The place can't be edited without changing something else, or without guessing which entry is meant.",
    fix: 'Write the value once, on one line, without anchors, and keep one entry for each name.',
  },
  'deploy/overridden': {
    exit: 1,
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
    exit: 1,
    cause: "The file couldn't be read or written.",
    fix: 'Correct what the message names: permissions of the file or its folder, a full disk, a name that is too long.',
  },
  'deploy/edit-replaced': {
    exit: 1,
    cause:
      'The Kustomization named something that no release had deployed last: somebody edited it by hand. The release has replaced it.',
    fix: 'Leave the image out of the `images` of the deploy target to keep a value that is set by hand, or go back with `image-release rollback KEY`.',
  },
  'deploy/drifted': {
    exit: 1,
    cause:
      'A Kustomization deploys something else than the ledger has on record: somebody edited it by hand.',
    fix: 'Put the record back with `image-release rollback KEY --to TAG`, or record what stands there with `image-release deploy --image`.',
  },
  'deploy/no-history': {
    exit: 1,
    cause:
      'The channel has no ledger yet, or the ledger has never seen this image, so there is nothing to go back to.',
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
    exit: 1,
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
