/**
 * Every problem code, its exit code and the general cause and fix that `docs/errors.md` prints.
 * Exit codes: 1 failed, 2 usage or configuration, 3 superseded or refused by order.
 */
export const PROBLEM_CATALOGUE = {
  // config
  'config/missing': {
    exit: 2,
    cause: 'There is no image-release.yml (or .github/image-release.yml) and no inline config.',
    fix: 'Create image-release.yml in the repository root, or name the file with --config.',
  },
  'config/ambiguous': {
    exit: 2,
    cause: 'There is more than one configuration file, and which one counts would be a guess.',
    fix: 'Keep one of them, or name the one that counts with --config or the `config` input.',
  },
  'config/unreadable': {
    exit: 2,
    cause: 'The configuration file exists but is no readable text in UTF-8.',
    fix: 'Check its permissions and save it as UTF-8.',
  },
  'config/syntax': {
    exit: 2,
    cause: 'The configuration is not valid YAML, or a key is written twice.',
    fix: 'Correct the YAML at the place that is named.',
  },
  'config/empty': {
    exit: 2,
    cause: 'The configuration holds nothing.',
    fix: 'Name at least one image: `images: { api: { context: api } }`.',
  },
  'config/unknown-key': {
    exit: 2,
    cause: 'The configuration holds a key that does not exist, often a misspelling or a wrong indentation.',
    fix: 'Take the suggestion, or look the key up in docs/configuration.md.',
  },
  'config/invalid': {
    exit: 2,
    cause: 'A value of the configuration has the wrong type or form, or is missing.',
    fix: 'Write it as the message says; docs/configuration.md has an example of each key.',
  },
  'config/unknown-image': {
    exit: 2,
    cause: '`deploy` names an image that the configuration does not define.',
    fix: 'Use one of the keys under `images`.',
  },
  'config/expression': {
    exit: 2,
    cause:
      'A configuration file holds a workflow expression (`${{ … }}`), which GitHub fills in only in workflow files.',
    fix: 'Move the configuration to the `config` input of the step, or write the value itself.',
  },
  'input/invalid': {
    exit: 2,
    cause: 'An input of the action or an option of the command has a value that it does not take.',
    fix: 'Give one of the values that the message lists.',
  },
  'input/conflict': {
    exit: 2,
    cause: 'Two inputs contradict each other, so that nothing or the wrong thing would be done.',
    fix: 'Remove one of the two.',
  },
  // build
  'build/docker-missing': {
    exit: 1,
    cause: 'There is no docker command on PATH.',
    fix: 'Install Docker with buildx, or add it to PATH.',
  },
  'build/buildx-missing': {
    exit: 1,
    cause: 'Docker is there, its buildx plugin is not.',
    fix: 'Install the buildx plugin, 0.13 or newer.',
  },
  'build/buildx-too-old': {
    exit: 1,
    cause: 'buildx is older than 0.13, which this program needs.',
    fix: 'Update the buildx plugin.',
  },
  'build/daemon-unreachable': {
    exit: 1,
    cause: 'The Docker daemon does not run or may not be reached.',
    fix: 'Start it, or point DOCKER_HOST or the docker context to one that runs.',
  },
  'build/builder-unusable': {
    exit: 1,
    cause: 'The selected builder does not exist or gives no answer.',
    fix: 'Select another with docker buildx use, or correct builder.name.',
  },
  'build/builder-not-started': {
    exit: 1,
    cause: 'A builder had to be started, and could not be.',
    fix: 'Let the machine pull the BuildKit image, or use the containerd image store, which needs no builder.',
  },
  'build/no-emulation': {
    exit: 1,
    cause: 'A platform is built that this machine can not run itself.',
    fix: 'Set up emulation, cross-compile, or add a builder node of that platform.',
  },
  'build/docker-config-unreadable': {
    exit: 1,
    cause: "The user's docker config.json is not JSON.",
    fix: 'Correct or remove the file.',
  },
  'build/step-failed': {
    exit: 1,
    cause: 'An instruction of a Dockerfile failed.',
    fix: 'Read the last lines that it printed.',
  },
  'build/dockerfile-invalid': {
    exit: 2,
    cause: 'BuildKit can not read a Dockerfile.',
    fix: 'Correct the line that it names.',
  },
  'build/dockerfile-missing': {
    exit: 2,
    cause: 'A Dockerfile is not where it was looked for.',
    fix: 'Correct images.<key>.dockerfile.',
  },
  'build/target-missing': {
    exit: 2,
    cause: 'A Dockerfile has no stage of the configured name.',
    fix: 'Correct images.<key>.target.',
  },
  'build/copy-source-missing': {
    exit: 1,
    cause: 'COPY or ADD names a file that the build context does not hold.',
    fix: 'Check the path, and that .dockerignore does not leave it out.',
  },
  'build/secret-missing': {
    exit: 2,
    cause: 'A build secret that the Dockerfile asks for was not given.',
    fix: 'List it under images.<key>.secrets and set its variable or file.',
  },
  'build/base-image-missing': {
    exit: 1,
    cause: 'A base image does not exist in its registry.',
    fix: 'Correct the FROM line.',
  },
  'build/registry-unauthorized': {
    exit: 1,
    cause: 'A registry asks for a login, or refuses the one given.',
    fix: 'Log in to that registry before.',
  },
  'build/registry-denied': {
    exit: 1,
    cause: 'A registry refuses to take or give an image with these credentials.',
    fix: 'Give the credentials the right that is missing.',
  },
  'build/image-name-invalid': {
    exit: 2,
    cause: 'An image name is not a valid reference.',
    fix: 'Use lower case letters, digits, dots, dashes and slashes.',
  },
  'build/push-failed': {
    exit: 1,
    cause: 'An image could not be pushed.',
    fix: 'Check that the registry is up and can be reached from the builder.',
  },
  'build/network': {
    exit: 1,
    cause: 'A host could not be reached during the build.',
    fix: 'Check name and network of the machine that builds; run again.',
  },
  'build/out-of-memory': {
    exit: 1,
    cause: 'A step was killed, nearly always for want of memory.',
    fix: 'Give the builder more memory, or the process a limit.',
  },
  'build/no-space': {
    exit: 1,
    cause: 'The disk of the builder is full.',
    fix: 'Remove old data with docker buildx prune and docker system prune.',
  },
  'build/nested-overlay': {
    exit: 1,
    cause: "The builder's state lies on overlayfs, on which overlayfs can not be mounted again.",
    fix: 'Move it to a volume, or use the storage driver "native".',
  },
  'build/wrong-architecture': {
    exit: 1,
    cause: 'A program was built for another processor than the one that runs it.',
    fix: 'Set up emulation, or build for the right platform.',
  },
  'build/cache-lost': {
    exit: 1,
    cause: 'A blob of the build cache vanished during the build.',
    fix: 'Run again without cache.',
  },
  'build/warning': {
    exit: 1,
    cause: 'BuildKit has something to say about a Dockerfile, or the build cache could not be saved.',
    fix: 'The images are not affected.',
  },
  'build/failed': {
    exit: 1,
    cause: 'The build failed in a way that this program does not know.',
    fix: "Read BuildKit's message.",
  },
  // deploy: targets and the commit
  'deploy/kustomization-missing': {
    exit: 2,
    cause: 'The configured Kustomization is not on the branch that is deployed to.',
    fix: 'Correct deploy.kustomization, or commit the file to that branch.',
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
    fix: 'Publish the image first; --no-registry-check skips this check.',
  },
  'deploy/tag-moved': {
    exit: 1,
    cause: 'The tag in the registry stands at another digest than the one that was released.',
    fix: 'Find out who moved the tag, then release again.',
  },
  'deploy/digest-unknown': {
    exit: 2,
    cause: 'A digest has to be written, but neither the caller nor the registry gave one.',
    fix: 'Name the image as REF:TAG@DIGEST, or allow the registry check.',
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
    fix: 'Give the job `permissions: contents: write`, or a token that may push.',
  },
  'deploy/rules-refuse': {
    exit: 1,
    cause: 'Branch protection or a ruleset refuses a direct commit to the branch.',
    fix: 'Let the committing app or user bypass the rule, or deploy to a branch without it.',
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
    fix: 'Remove the executable bit from the Kustomization, or deploy through plain git.',
  },
  'deploy/git-missing': {
    exit: 1,
    cause: 'git is not installed.',
    fix: 'Install git 2.31 or newer.',
  },
  'deploy/git-failed': {
    exit: 1,
    cause: 'A git command failed in a way that this program does not know.',
    fix: 'Read its message; the same remote must work with git ls-remote.',
  },
  // deploy: the Kustomization's text
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
  'deploy/entry-missing': {
    exit: 2,
    cause: 'The list of images has no entry for this image.',
    fix: 'Correct the name, or add the entry (image-release set --add).',
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
    fix: 'Give both: NAME=:TAG@DIGEST.',
  },
  'deploy/entry-redirected': {
    exit: 2,
    cause: 'The entry sends the image to another repository than the one that is released to.',
    fix: 'Release to that repository (images.<key>.image), or remove newName from the entry.',
  },
  'deploy/write-failed': {
    exit: 1,
    cause: 'The file could not be read or written.',
    fix: 'Check that it exists and that its folder may be written to.',
  },
  // image references
  'image/invalid-spec': {
    exit: 2,
    cause: 'What an image is to be set to is not written as NAME=[NEWNAME][:TAG][@DIGEST].',
    fix: 'Write for instance api=ghcr.io/acme/api:main-1a2b3c4.',
  },
  'image/invalid-reference': {
    exit: 2,
    cause: 'A name, tag or digest breaks the grammar of image references.',
    fix: 'Names are lower-case; tags hold letters, digits, "_", "." and "-"; digests are sha256 and 64 hex digits.',
  },
  // facts: what is released
  'source/git-missing': {
    exit: 1,
    cause: 'git is not installed, or not on PATH.',
    fix: 'Install git.',
  },
  'source/no-checkout': {
    exit: 2,
    cause: 'The working directory holds no git checkout, so the commit that would be built is not known.',
    fix: 'Put `- uses: actions/checkout@v5` before this step (with git installed in a container job).',
  },
  'source/not-a-repository': {
    exit: 2,
    cause: 'The folder does not lie inside a git work tree.',
    fix: 'Run inside the repository, or name its folder with -C.',
  },
  'source/unsafe-directory': {
    exit: 2,
    cause: 'The repository belongs to another user, so git refuses to read it.',
    fix: 'Allow it: git config --global --add safe.directory <folder>.',
  },
  'source/no-commit': {
    exit: 2,
    cause: 'The repository has no commit yet; tags and labels name one.',
    fix: 'Commit something first.',
  },
  'source/commit-missing': {
    exit: 2,
    cause: 'The commit is not in this checkout: it is shallow, or of something else.',
    fix: 'Check out the commit that is released, or fetch it.',
  },
  'source/git-failed': {
    exit: 1,
    cause: 'git ended with an error while the checkout was read.',
    fix: 'Run the command that the message names by hand.',
  },
  'source/event-incomplete': {
    exit: 1,
    cause: 'The runner did not say which commit or ref this run is for.',
    fix: 'Run as a step of a GitHub Actions job, or use the command line tool.',
  },
  // plan: tags and image names
  'tags/rule': {
    exit: 2,
    cause: 'A rule of `tags` is not in the grammar of docs/tags.md.',
    fix: 'Correct the rule.',
  },
  'tags/flavor': {
    exit: 2,
    cause: 'An item of `flavor` is not in the grammar of docs/tags.md.',
    fix: 'Use latest=auto|true|false, prefix=TEXT or suffix=TEXT, the last two with ,onlatest=true|false.',
  },
  'tags/enable': {
    exit: 2,
    cause: 'The attribute `enable` of a tag rule came out as something else than true or false.',
    fix: 'Write true, false, {{is_default_branch}} or {{is_not_default_branch}}.',
  },
  'tags/too-long': {
    exit: 2,
    cause: 'A tag rule gives more than the 128 characters that a tag may have.',
    fix: 'Shorten the fixed text of the rule.',
  },
  'tags/collision': {
    exit: 2,
    cause: 'Two images of one release would be pushed under the same name and tag.',
    fix: 'Give them different names, or tags of their own with a suffix.',
  },
  'image/name': {
    exit: 2,
    cause: 'The image name does not follow the grammar of registries.',
    fix: 'Use lower-case letters and digits, separated by `/`, `.`, `_` or `-`.',
  },
  'image/capitals': {
    exit: 2,
    cause: 'Registries accept lower-case image names only.',
    fix: 'Write the name in lower case.',
  },
  'image/tag-in-name': {
    exit: 2,
    cause: 'The configured image name holds a tag or a digest; those are what a release adds.',
    fix: 'Give the name alone; tags come from `tags`.',
  },
  'image/no-registry': {
    exit: 2,
    cause: 'The image has no registry, and there is no GitHub owner to take ghcr.io/<owner> from.',
    fix: 'Set `registry`, or give the image its full name.',
  },
  // usage
  'usage/unknown-command': {
    exit: 2,
    cause: 'The command line names a command that does not exist.',
    fix: 'See `image-release --help`.',
  },
  'usage/unknown-option': {
    exit: 2,
    cause: 'The command line has an option that the command does not know.',
    fix: 'See `image-release COMMAND --help`.',
  },
  'usage/bad-option': {
    exit: 2,
    cause: 'An option has no value, or a value that it does not take.',
    fix: 'See `image-release COMMAND --help`.',
  },
  'usage/missing-argument': {
    exit: 2,
    cause: 'The command needs an argument that was not given.',
    fix: 'See the usage line of `image-release COMMAND --help`.',
  },
  'usage/bad-image': {
    exit: 2,
    cause: 'An image to deploy was not given as KEY=REF:TAG[@DIGEST].',
    fix: 'Give the key from the configuration, the repository, and the tag or digest that was published.',
  },
  // preflight
  'preflight/missing-context': {
    exit: 2,
    cause: 'The folder that an image is built from does not exist in the checkout.',
    fix: 'Correct `images.<key>.context`, or check out the files (submodules, sparse checkout) before this step.',
  },
  'preflight/missing-dockerfile': {
    exit: 2,
    cause: 'There is no Dockerfile where the configuration says.',
    fix: 'Create it, or correct `images.<key>.dockerfile`.',
  },
  'preflight/missing-target': {
    exit: 2,
    cause: 'The Dockerfile has no stage with the name given in `target`.',
    fix: 'Use one of the stages that the message lists.',
  },
  'preflight/missing-secret': {
    exit: 2,
    cause: 'A build secret names an environment variable that is not set, or a file that can’t be read.',
    fix: 'Give the step the variable with `env:`, or write the file in an earlier step.',
  },
  'preflight/no-cache-service': {
    exit: 1,
    cause:
      'The Actions cache is configured but the runner handed over no cache address or token; buildx would drop the cache silently.',
    fix: 'Check the runner’s access to the cache service, or set `cache: registry`. The release goes on without cache.',
  },
  'preflight/uncommitted-changes': {
    exit: 1,
    cause: 'The work tree differs from the commit that the tags and labels name.',
    fix: 'Commit before you release. The release goes on.',
  },
  'plan/unknown-image': {
    exit: 2,
    cause: 'The run names an image that the configuration does not have.',
    fix: 'Use one of the keys under `images`.',
  },
  // registry
  'registry/unreachable': {
    exit: 1,
    cause: 'The registry could not be reached, or did not answer in several tries.',
    fix: 'Check host and port in `registry`, the network, the certificate authority and HTTPS_PROXY.',
  },
  'registry/unauthorized': {
    exit: 1,
    cause: 'The registry wants a login, or does not accept the one that was given.',
    fix: 'Give registry-username and registry-password, or log in with `docker login`.',
  },
  'registry/denied': {
    exit: 1,
    cause: 'The login was accepted but has no right to this repository.',
    fix: 'Give it the right to push; on ghcr.io `permissions: packages: write` and access to the package.',
  },
  'registry/refused': {
    exit: 1,
    cause: 'The registry refused a request for a reason of its own.',
    fix: "Do what the registry's message says.",
  },
  'registry/unavailable': {
    exit: 1,
    cause: 'The registry answered with server errors, or limited the rate of requests, in several tries.',
    fix: 'Run again later.',
  },
  'registry/garbage': {
    exit: 1,
    cause:
      'The registry, or something between, gave an answer that no registry gives, or other bytes than the digest says.',
    fix: 'Check that the host is a container registry and that no proxy changes its answers.',
  },
  'registry/credentials': {
    exit: 1,
    cause: "Docker's stored logins could not be read, or a credential helper failed.",
    fix: 'Repair ~/.docker/config.json, or give registry-username and registry-password.',
  },
  'registry/not-pushed': {
    exit: 1,
    cause: 'An image that was to be published was built but not pushed.',
    fix: 'Run again with push; when it persists, open an issue.',
  },
  'registry/manifest-missing': {
    exit: 1,
    cause: 'The registry does not serve an image, or a part of it, that was just pushed.',
    fix: 'Run again; when it persists, look at the log of the registry.',
  },
  'registry/blob-missing': {
    exit: 1,
    cause: 'The registry lost a layer, a config or an attestation of an image.',
    fix: 'Build without cache, so that everything is pushed again.',
  },
  'registry/platform-missing': {
    exit: 1,
    cause: 'The published image lacks a platform that the configuration asks for.',
    fix: 'Check `platforms` and that the builder can build all of them (`docker buildx inspect`).',
  },
  'registry/attestation-missing': {
    exit: 1,
    cause: 'The published image lacks an SBOM or provenance that the configuration asks for.',
    fix: 'Use a builder that can attest (docker-container, or the containerd image store), or turn it off in `attest`.',
  },
  'registry/attestation-mismatch': {
    exit: 1,
    cause: 'An attestation speaks of another image than the one that it is attached to.',
    fix: 'Do not deploy the image; build again.',
  },
  'registry/tag-not-moved': {
    exit: 1,
    cause: 'The registry accepted a tag and then served something else under it.',
    fix: 'Find out whether another run or a person moves the same tag; then run again.',
  },
  'registry/tags-left': {
    exit: 1,
    cause: 'Publishing failed half-way, and not every tag could be put back.',
    fix: 'Put the named tags back, or delete them, by hand.',
  },
  // lib
  'internal/unexpected': {
    exit: 1,
    cause: 'Something failed in a way that this program does not know.',
    fix: 'Run again; when it persists, open an issue with the message.',
  },
} as const satisfies Record<string, { exit: 1 | 2 | 3; cause: string; fix: string }>;

export type ProblemCode = keyof typeof PROBLEM_CATALOGUE;

/** The exit code for a set of problems: a configuration mistake (2) outranks the rest. */
export function exitCodeFor(codes: readonly ProblemCode[]): 1 | 2 | 3 {
  const exits = codes.map((code) => PROBLEM_CATALOGUE[code].exit as 1 | 2 | 3);
  if (exits.includes(2)) return 2;
  return exits.includes(1) ? 1 : 3;
}
