import type { ProblemTable } from './table.js';

/** The deploy commit and the Kustomizations that it edits. */
export const DEPLOY_PROBLEMS = {
  'deploy/not-configured': {
    exit: 2,
    cause: 'Images were to be deployed, and the configuration names no place to deploy to.',
    fix: 'Name the Kustomization that lists the images: `deploy: k8s/kustomization.yml`.',
  },
  'deploy/kustomization-missing': {
    exit: 2,
    cause: 'The configured Kustomization is not on the branch that is deployed to.',
    fix: 'Correct `deploy.kustomization` (the message lists what is there), or commit the file to that branch.',
  },
  'deploy/kustomization-ambiguous': {
    exit: 2,
    cause: 'The folder holds several Kustomization files, which kustomize rejects.',
    fix: 'Keep one of kustomization.yaml, kustomization.yml and Kustomization.',
  },
  'deploy/kustomization-symlink': {
    exit: 2,
    cause: 'The configured path is a symbolic link; writing to it would replace the link.',
    fix: 'Name the file that the link points to.',
  },
  'deploy/kustomization-outside': {
    exit: 2,
    cause: 'The configured path does not lie inside the repository.',
    fix: 'Give a path relative to the root of the repository.',
  },
  'deploy/message-skips-ci': {
    exit: 2,
    cause: 'deploy.message holds an instruction such as [skip ci]; it would stop required checks for ever.',
    fix: 'Remove it: a deploy commit starts no release by itself.',
  },
  'deploy/not-pullable': {
    exit: 1,
    cause: 'The registry does not serve the tag that the commit would name.',
    fix: 'Publish the image under that tag first. `image-release deploy --no-registry-check` skips this check.',
  },
  'deploy/tag-moved': {
    exit: 1,
    cause: 'The tag in the registry stands at another digest than the one that was released.',
    fix: 'Find out who moved the tag, then release again.',
  },
  'deploy/digest-unknown': {
    exit: 2,
    cause: 'A digest has to be written, but neither the caller nor the registry gave one.',
    fix: 'Name the image with its digest (`image-release deploy --image KEY=REF:TAG@DIGEST`), or leave --no-registry-check out.',
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
    cause: 'The file is not YAML in UTF-8, so neither kustomize nor this program can read it.',
    fix: 'Correct the place that is named; `kustomize build` must succeed.',
  },
  'deploy/kustomization-foreign': {
    exit: 2,
    cause: "The file is not a Kustomization of kustomize, but for instance Flux's resource of that name.",
    fix: 'Name the kustomization.yaml (kind Kustomization or Component) that lists the images.',
  },
  'deploy/kustomization-unsafe': {
    exit: 2,
    cause: 'The place can not be edited without changing something else, or without guessing.',
    fix: 'Write the value out at the place that is named, once and on one line.',
  },
  'deploy/kustomization-too-large': {
    exit: 2,
    cause: 'The file is larger than any Kustomization that people write; most likely it is another file.',
    fix: 'Name the Kustomization itself, or move generated data into files that it refers to.',
  },
  'deploy/overridden': {
    exit: 1,
    cause: 'Argo CD or Flux is told to use another image than the one that the Kustomization names.',
    fix: 'Remove the override of the image from the Application or Kustomization resource.',
  },
  'deploy/entry-missing': {
    exit: 2,
    cause: 'The list of images has no entry for this image.',
    fix: 'Correct the name, or add the entry: `image-release set --add k8s/kustomization.yml NAME=:TAG`.',
  },
  'deploy/entry-ambiguous': {
    exit: 2,
    cause: 'Several entries, or several edits, concern the same image.',
    fix: 'Keep one of them.',
  },
  'deploy/entry-field-unknown': {
    exit: 2,
    cause: 'The entry has a key that kustomize does not know; it would refuse to build.',
    fix: 'Remove the key, or correct its spelling.',
  },
  'deploy/entry-pinned': {
    exit: 2,
    cause: 'The entry has a tag and a digest (or would have); they must be set together to name one image.',
    fix: 'Give both: `image-release set k8s/kustomization.yml NAME=:TAG@DIGEST`.',
  },
  'deploy/entry-redirected': {
    exit: 2,
    cause: 'The entry sends the image to another repository than the one that is released to.',
    fix: 'Release to that repository (images.<key>.image), or remove newName from the entry.',
  },
  'deploy/write-failed': {
    exit: 1,
    cause: 'The file could not be read or written.',
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
  'deploy/no-longer-served': {
    exit: 1,
    cause:
      'The registry does not serve an image that is deployed, for instance because a clean-up removed it.',
    fix: 'Release again, or roll back to what is served; keep the clean-up from what is deployed.',
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
  'deploy/base-outside': {
    exit: 2,
    cause: 'The Kustomization refers to something outside of the repository, so no controller can build it.',
    fix: 'Move it into the repository, or refer to it by an address.',
  },
  'deploy/image-unmatched': {
    exit: 2,
    cause: 'The edited entry has no effect: the expected image does not come out of `kustomize build`.',
    fix: "Set the entry's name to the image as the manifests (or the base's output) have it.",
  },
  'deploy/image-remains': {
    exit: 2,
    cause: 'The replaced image still stands in a resource that the entry does not reach.',
    fix: 'Write the image in that resource under the name that the entry has.',
  },
  'deploy/kustomize-rejects': {
    exit: 2,
    cause: 'The edited Kustomization does not build.',
    fix: "Correct what kustomize's message names; `kustomize build` must succeed.",
  },
  'deploy/kustomize-unproved': {
    exit: 2,
    cause:
      'The Kustomization needs something that can not be had here (a remote base, Helm, a plugin), so the edit could not be proved.',
    fix: 'Nothing has to be done; look at the rollout, or keep a copy of the base in the repository.',
  },
  'deploy/kustomize-unrestricted': {
    exit: 2,
    cause: 'The Kustomization reads files outside of its own folder, which kustomize refuses by default.',
    fix: 'Flux builds it all the same; for Argo CD set kustomize.buildOptions, or move the file.',
  },
  'deploy/kustomize-missing': {
    exit: 1,
    cause: 'Neither kustomize nor kubectl is installed, so a simpler check took the place of a build.',
    fix: 'Install kustomize (https://kubectl.docs.kubernetes.io/installation/kustomize/) on the machine that deploys.',
  },
} as const satisfies ProblemTable;
