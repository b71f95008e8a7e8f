import type { ProblemCode } from '../../src/lib/problem-catalogue.js';

/** What each problem results from, in general, for the pages of docs/errors; a message has its own words. */
export const ERROR_CAUSES: Record<ProblemCode, string> = {
  'config/missing': 'There is no image-release.yml (or .github/image-release.yml) and no inline config.',
  'config/ambiguous': 'There is more than one configuration file.',
  'config/unreadable':
    'The configuration file exists but is no readable text in UTF-8, or is a link out of the repository, a special file, or larger than 1 MiB.',
  'config/syntax': 'The configuration is not valid YAML, or a key is written twice.',
  'config/unknown-key':
    'The configuration contains a key that does not exist, often a misspelling or a wrong indentation.',
  'config/invalid':
    'A value of the configuration is missing, has the wrong type or form, contains a workflow expression, or contradicts another.',
  'config/bake-invalid':
    "A bake or compose file does not exist, `docker buildx bake --print` can't read it, or it has no target that can be an image.",
  'config/bake-warning':
    'Buildx warns about a bake or compose file (for instance of a variable that is not set), or something in the file has no effect in a release.',
  'input/invalid':
    'An input of the action or an option of the command has an unknown value, or names an unknown image.',
  'input/conflict': 'Two inputs contradict each other.',
  'usage/invalid': 'The command line has an unknown command or option, a wrong value, or lacks an argument.',
  'internal/unexpected': 'Something failed in a way that this program does not know.',
  'image/invalid-reference':
    'An image for a Kustomization is not written as NAME=[NEWNAME][:TAG][@DIGEST], or a name, tag or digest breaks the grammar of image references.',
  'image/invalid-name':
    'A configured image name does not follow the grammar of registries, or contains a tag or digest.',
  'image/no-registry': 'The image has no registry, and there is no GitHub owner for ghcr.io/<owner>.',
  'source/git-missing': 'git is not installed, or not on PATH.',
  'source/no-checkout':
    'The working directory contains no git checkout with a commit, so the commit that would be built is not known.',
  'source/unsafe-directory': 'The repository belongs to another user, so git refuses to read it.',
  'source/git-failed': 'git ended with an error while it read the checkout.',
  'source/event-incomplete': 'The runner did not set the commit or ref of this run.',
  'source/unconfirmed-commit':
    "The workflow has checked out a commit that is not part of the branch or tag that its event names, as happens under `workflow_run` and `issue_comment`. It may be anybody's code, so it is built but neither pushed nor deployed.",
  'tags/invalid':
    'A rule of `tags` or an item of `flavor` is not in the grammar of docker/metadata-action, `enable` is neither true nor false, or the tag is longer than 128 characters.',
  'tags/collision': 'Two images of one release would be pushed under the same name and tag.',
  'plan/parts-conflict':
    'Jobs that build platforms of one image pass the same platform twice, different names, or builds of another commit than the one that is released.',
  'scaffold/no-image':
    '`init` found no Dockerfile, no step that builds an image, and no bake or compose file that a workflow builds.',
  'scaffold/registry-unknown': "No workflow and no manifest names a registry, and the origin isn't on GitHub.",
  'scaffold/not-confirmed': '`init` asks before it writes files, and there is no terminal to ask at.',
  'scaffold/file-exists': 'A file that would be written exists with another text. Nothing was written.',
  'scaffold/repository-unknown':
    'The runner builds from git, but the checkout has no origin that can be cloned by https.',
  'preflight/missing-context':
    'The folder that an image is built from does not exist in the checkout, or contains no files.',
  'preflight/missing-dockerfile':
    'There is no Dockerfile at the configured path, or it, its ignore file or a context is a link out of the repository, a special file, or (a file) larger than 1 MiB.',
  'preflight/missing-target': 'The Dockerfile has no stage with the name given in `target`.',
  'preflight/missing-secret':
    "A build secret names an environment variable that is not set, or a file that can't be read or is no regular file of at most 500 KiB.",
  'preflight/no-cache-service':
    'The Actions cache is configured, or the default, but the runner offers no cache address or token; buildx would drop the cache silently.',
  'preflight/cannot-sign':
    'The images are to be signed (`attest.sign`), but this job has no right to an OpenID token, is no job of GitHub Actions, or has no cosign.',
  'preflight/uncommitted-changes': 'The work tree differs from the commit that the tags and labels name.',
  'preflight/dockerfile-unreadable':
    'A Dockerfile is not understood with certainty, so it is not checked and the image is always built.',
  'preflight/node-too-old': 'A package that goes into the image needs a newer Node.js than the base image has.',
  'preflight/lockfile-not-copied':
    'An install that needs the lockfile runs before the lockfile is in the image, and would fail.',
  'preflight/lockfile-stale':
    "package.json asks for a version of a dependency that its lockfile doesn't have. A locked install fails, any other picks a new version.",
  'preflight/unlocked-install':
    'If the locked install fails, another one without lock replaces it: the same commit can give another image.',
  'preflight/node-modules-copied':
    'node_modules of the build context get into an image that also installs packages: ENOTEMPTY, or packages of another platform.',
  'preflight/undeclared-argument':
    'The configuration passes a build argument that no stage of the image declares; BuildKit ignores it.',
  'preflight/public-variable':
    'A variable that is compiled into browser code is set only when the container runs, which is too late.',
  'preflight/masked-name':
    'The name of an image contains the value of a secret; the runner empties outputs that contain one.',
  'preflight/workflow':
    'A job that builds images has no timeout-minutes or no concurrency group, an action is not pinned to a commit, or a job has `id-token: write` and does not use it.',
  'preflight/workflow-permissions': 'The permissions of a job lack what its release needs.',
  'preflight/dockerfile-check': 'A check of BuildKit finds something in a Dockerfile that says `# check=error=true`.',
  'build/docker-missing': 'There is no docker command on PATH.',
  'build/buildx-missing': 'Docker has no buildx plugin, or one before 0.13.',
  'build/daemon-unreachable': "The Docker daemon doesn't run or can't be reached.",
  'build/builder-unusable': "The builder does not exist, can't be started, or doesn't answer.",
  'build/builder-lost':
    'The builder ended, or the connection to it broke, while it built. As a warning: the build was tried again.',
  'build/no-emulation': "The builder can't run programs of a platform. As a warning: before the build.",
  'build/docker-config-unreadable': "The user's docker config.json is not JSON.",
  'build/step-failed': 'An instruction of a Dockerfile failed.',
  'build/dockerfile-invalid': "A Dockerfile, or its configured stage, does not exist, or BuildKit can't read it.",
  'build/secret-missing': 'A build secret that the Dockerfile needs was not given.',
  'build/base-image-missing': 'A base image does not exist in its registry, or its name is not valid.',
  'build/sbom-scanner':
    "The builder can't pull the image of the SBOM scanner. As a warning, with `attest.sbom: best-effort`: images were built without an SBOM.",
  'build/registry-denied': 'A registry requires a login, refuses the given one, or the given one lacks a right.',
  'build/registry-failing':
    'A registry, or the connection to it, fails: status 5xx or 429, a broken connection. As a warning: the build was tried again.',
  'build/network': 'The build could not reach a host or registry.',
  'build/out-of-memory': 'A step ran out of memory.',
  'build/no-space': 'The disk of the builder, or of the machine that this program runs on, is full.',
  'build/nested-overlay': "The builder's state is on overlayfs, on which overlayfs can't be mounted again.",
  'build/cache-lost':
    'A part of the build cache vanished while it was read, or the cache service does not answer. As a warning: the build was tried again without it.',
  'build/warning':
    'A check of a Dockerfile found something, or a build cache or the contents of cache mounts were not saved. Always a warning.',
  'build/failed': 'The build failed for a reason that this program does not know.',
  'build/no-builder': 'No builder can build here.',
  'build/next-builder': 'The chosen builder could not build, and the next one took over. Always a warning.',
  'kaniko/unsupported':
    'A Dockerfile or a setting needs something that Kaniko does not support. As a warning: cache mounts are empty.',
  'kaniko/memory-limit': 'The memory limit of the pod is not above the heap that a step of the build sets.',
  'kaniko/not-pushed': 'Kaniko pushed an image that the registry does not have.',
  'kaniko/executor': 'The executor is of another version, or no executor of Kaniko.',
  'dispatch/no-repository': 'The checkout has no remote on GitHub.',
  'dispatch/no-token': 'There is no token for GitHub.',
  'dispatch/no-workflow':
    'There is no single workflow in the checkout that uses this action and has `workflow_dispatch`.',
  'dispatch/inputs':
    'The workflow has no input for an option, or requires an input that this release has no value for.',
  'dispatch/not-pushed':
    'The branch or tag on GitHub is not at the commit that is checked out, or changes are not committed.',
  'dispatch/refused': 'GitHub refuses to start or read the workflow run.',
  'dispatch/unreachable': "GitHub can't be reached, or answers with server errors.",
  'dispatch/outcome-unknown': 'Whether the run was started, or how it ended, is not known.',
  'dispatch/run-not-found': 'GitHub has no run that releases this commit.',
  'dispatch/failed': 'The run failed, was cancelled, or was never started.',
  'dispatch/no-result': "The run succeeded, but its logs don't say what it published.",
  'cluster/kubectl': 'kubectl is missing or too old.',
  'cluster/unreachable': "kubectl has no cluster to use, or the cluster's API server does not answer.",
  'cluster/unauthorized': 'The cluster does not accept the login, mostly because a token has expired.',
  'cluster/forbidden':
    'The user or service account lacks rights in the namespace. As a warning: rights that only explain failures.',
  'cluster/object-missing':
    'The namespace, or a service account, secret, key or ConfigMap that the pod names, does not exist.',
  'cluster/quota': 'A ResourceQuota or LimitRange of the namespace does not permit the pod.',
  'cluster/policy': 'A Pod Security Standard or another policy of the cluster does not permit the pod.',
  'cluster/refused': 'The cluster refused a request for another reason.',
  'cluster/image': "The node can't pull the image of the pod, or not start it.",
  'cluster/unschedulable': 'No node takes the pod: too little is free, or taints and selectors do not match.',
  'cluster/pod-not-started':
    "The node can't set up the pod, because its network or a volume fails, or it gives no reason.",
  'cluster/out-of-memory': 'The container was killed because it used more memory than its limit, or than the node has.',
  'cluster/evicted': 'The node evicted the pod, because disk or memory ran short or a limit was exceeded.',
  'cluster/pod-lost':
    'The pod was lost: its node went away or refused it, or a pod of higher priority took its place. As a warning: the image was built in another pod.',
  'cluster/pod-deleted': 'Something or someone else deleted the pod.',
  'cluster/deadline': 'The pod took longer than its deadline.',
  'cluster/stream-cut': 'The connection to the pod was cut before all of the build context was sent, twice.',
  'cluster/leftover': 'An object that was created for the run could not be deleted.',
  'build/context-unreadable': "Files of a build context can't be read, so it can't be sent to the builder.",
  'build/context-changed': 'A file changed while the build context was sent: the image would be made of neither state.',
  'registry/unreachable': 'The registry could not be reached, or did not answer in several tries.',
  'registry/unauthorized': 'The registry requires a login, rejects the given one, or a stored login could not be read.',
  'registry/denied': 'The registry refused a request: the login lacks the right, or the repository does not exist.',
  'registry/unavailable':
    'The registry answered with server errors, or limited the rate of requests, in several tries.',
  'registry/garbage':
    'The registry, or a proxy in front of it, returned an invalid answer, or other bytes than the digest says.',
  'registry/incomplete': 'An image, or a part of it (manifest, layer, config or attestation), is not in the registry.',
  'registry/platform-missing': 'The published image lacks a platform that the configuration asks for.',
  'registry/attestation-missing': 'The published image lacks an SBOM or provenance that the configuration asks for.',
  'registry/attestation-mismatch': 'An attestation describes another image than the one that it is attached to.',
  'registry/tag-not-moved': 'The registry accepted a tag and then served something else under it.',
  'registry/tag-order-unknown': 'image-release could not find out whether a moving tag names the newest release.',
  'registry/tags-left': 'Publishing failed half-way, and not every tag could be restored.',
  'registry/baseline-unreadable': 'The published images could not be read, so the image is built.',
  'registry/release-tag-taken': 'The release tag already names another image; release tags never move.',
  'signing/not-permitted': 'The job may not sign: it gets no OpenID token, or its token may not store attestations.',
  'signing/not-offered':
    'GitHub stores no attestations for this repository: it is private without Enterprise Cloud, or this is an Enterprise Server.',
  'signing/failed': 'Sigstore, GitHub or cosign refused to sign, or gave an unreadable answer.',
  'signing/unavailable': 'A signing service could not be reached, or answered with server errors, in several tries.',
  'signing/missing': 'The configuration asks for signatures, and a deployed image has none.',
  'signing/invalid': 'An image has a signature that does not verify, or that somebody else made.',
  'signing/unchecked': 'A signature could not be verified here: a key, a program or the trusted root is missing.',
  'deploy/not-configured': 'Images should be deployed, but the configuration names no place to deploy to.',
  'deploy/kustomization-missing':
    'The path names no Kustomization that can be edited: it matches no file, leaves the repository, or is a symbolic link or another kind of file.',
  'deploy/message-skips-ci':
    '`deploy.message` has an instruction such as [skip ci], which would block required checks on a pull request. The commit leaves it out.',
  'deploy/not-pullable':
    'The registry does not serve the image under its tag, or serves another digest than the one that was released or deployed.',
  'deploy/target-missing':
    'The repository or branch to deploy to does not exist, has no commit yet, or the token may not see it.',
  'deploy/permission-denied':
    'The server does not accept the token or password, or it may not write to the repository.',
  'deploy/rules-refuse': 'A ruleset or branch protection refuses a direct commit to the branch, or will refuse it.',
  'deploy/order-unknown':
    'It is not known which commit is newer: the deployed one and this one are on different lines of history, in different repositories, or one of them does not exist.',
  'deploy/ledger-unreadable': 'The ledger of a channel is damaged, or was written by a newer version of image-release.',
  'deploy/ledger-refused':
    "The server does not accept the ref of the ledger, or can't move it together with the branch, so only the tags in the files tell which release is newer.",
  'deploy/pull-request-edited': 'The branch of the pull request holds a commit that image-release has not made.',
  'deploy/pull-request-refused':
    'The token or a setting of the repository does not allow the pull request to be opened.',
  'deploy/pull-request-incomplete': 'The pull request is open, but its labels or its auto-merge could not be set.',
  'deploy/push-refused': 'The server refused the deploy commit, for instance by a hook.',
  'deploy/gave-up': 'The server failed, limited the rate, or the branch moved in each of several tries.',
  'deploy/git-failed': 'git is not installed, or a git command failed in an unknown way.',
  'deploy/kustomization-unreadable': 'The file is not valid YAML in UTF-8.',
  'deploy/kustomization-unsafe':
    "The place can't be edited without changing something else, or without guessing which entry is meant.",
  'deploy/overridden': 'Argo CD or Flux uses another image than the one in the Kustomization.',
  'deploy/entry-missing': 'The list of images has no entry that deploys this image.',
  'deploy/entry-pinned':
    'The entry has a tag and a digest (or gets both); they must be set together to name one image.',
  'deploy/write-failed': "The file couldn't be read or written.",
  'deploy/edit-replaced':
    'Somebody edited the Kustomization by hand after the last release. This release has replaced the edit.',
  'deploy/drifted': 'A Kustomization deploys something else than the ledger records: somebody edited it by hand.',
  'deploy/no-history':
    'The channel has no ledger yet, or the ledger has never seen this image, so there is nothing to go back to.',
  'deploy/no-such-release': 'The ledger has no release of this image by that tag or commit, or not so many.',
  'deploy/unknown-channel': 'No deploy target of the configuration belongs to that channel.',
  'deploy/other-source':
    'The provenance of a deployed image names another commit than the ledger has on record for it.',
  'deploy/image-unmatched':
    'The edited entry does not yield the expected image in `kustomize build`, or leaves the replaced image in a resource.',
  'deploy/kustomize-rejects': 'kustomize refuses the Kustomization, or a part of it.',
  'deploy/kustomize-unproved':
    "The edit couldn't be proved: kustomize is not installed, or the build needs something that is not available here (a remote base, Helm, a plugin).",
  'deploy/kustomize-unrestricted':
    'The Kustomization reads files outside of its own folder, which kustomize refuses by default.',
  'live/failed':
    'The image was deployed, but the cluster does not run it: its pods do not start or crash, a rollout is stuck, another digest runs, or Argo CD or Flux reports a failure. The message has the reason of the cluster, the detail has the last lines of the log.',
  'live/timeout': 'The time of `--wait` is over, and the image does not run yet. The message names what is missing.',
  'live/unknown':
    'Neither a cluster nor a commit status tells whether the image runs. The message has the reason: no cluster, a missing right, no workload, or a controller that is suspended. The deployment itself is not affected.',
  'cleanup/unreadable':
    "A published version can't be read, so the other versions that it needs are not known. Nothing was deleted.",
  'cleanup/refused': 'The registry deletes nothing, or the token may not list or delete versions. Nothing was deleted.',
  'cleanup/not-deleted':
    'The registry keeps one version: GitHub deletes neither the last tagged version of a public package nor one with more than 5,000 downloads.',
};
