import type { ScaffoldFile } from './write-files.js';

/** Scripts for people who keep scripts: the options that such scripts have, over the command line. */
export function wrapperScripts(keys: readonly string[]): ScaffoldFile[] {
  return [
    { path: 'scripts/build-images-safe.sh', text: buildImages(keys), executable: true },
    { path: 'scripts/kaniko-build.sh', text: KANIKO_BUILD, executable: true },
    { path: 'scripts/check-build-status.sh', text: CHECK_STATUS, executable: true },
  ];
}

const FIND_PROGRAM = `IMAGE_RELEASE=\${IMAGE_RELEASE:-image-release}
if ! command -v "$IMAGE_RELEASE" >/dev/null; then
  printf '%s is not installed: npm install --global github:ardenone/image-release\\n' "$IMAGE_RELEASE" >&2
  exit 127
fi
`;

function buildImages(keys: readonly string[]): string {
  const onlys = keys.map((key) => `--${key}-only`);
  return `#!/bin/sh
# Builds the images of this repository, wherever that works. All of it is done by image-release;
# this script only has the options that such scripts use to have.
set -eu

usage() {
  cat <<'END'
Usage: scripts/build-images-safe.sh [OPTION]…

Without --push the images are built, to prove that they build, and nothing is published.

  --push          publish the images
  --dry-run       plan and check; build and publish nothing
${onlys.map((option, index) => `  ${option.padEnd(15)} build ${keys[index]!} alone; several of these add up`).join('\n')}
  --tag TAG       publish under this tag too
  --force-local   build with Docker on this machine, or fail
  --gh-actions    build by the workflow on GitHub (with --push), and follow it
  --watch         with --gh-actions: wait until what it published is deployed
  --help          show this help
END
}

fail() {
  printf '%s\\n' "$1" >&2
  exit 2
}

${FIND_PROGRAM}
push=false
dry_run=false
watch=false
builder=''
tag=''
keys=''

while [ $# -gt 0 ]; do
  case $1 in
    --push) push=true ;;
    --dry-run) dry_run=true ;;
${keys.map((key) => `    --${key}-only) keys="$keys ${key}" ;;`).join('\n')}
    --tag)
      [ $# -ge 2 ] || fail '--tag needs a tag.'
      tag=$2
      shift
      ;;
    --tag=*) tag=\${1#--tag=} ;;
    --force-local)
      [ "$builder" != dispatch ] || fail '--force-local and --gh-actions exclude each other.'
      builder=buildx
      ;;
    --gh-actions)
      [ "$builder" != buildx ] || fail '--force-local and --gh-actions exclude each other.'
      builder=dispatch
      ;;
    --watch) watch=true ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) fail "There is no option $1; see --help." ;;
  esac
  shift
done

if [ "$builder" = dispatch ] && [ "$push" = false ] && [ "$dry_run" = false ]; then
  fail '--gh-actions publishes what it builds: add --push, or --dry-run.'
fi
if [ "$watch" = true ] && [ "$builder" != dispatch ]; then
  fail '--watch waits for the workflow on GitHub: add --gh-actions.'
fi

# shellcheck disable=SC2086 # keys of images hold no blanks
set -- build $keys "--push=$push"
[ -z "$builder" ] || set -- "$@" "--builder=$builder"
[ -z "$tag" ] || set -- "$@" "--tag=$tag"
[ "$dry_run" = false ] || set -- "$@" --dry-run
"$IMAGE_RELEASE" "$@"

if [ "$watch" = true ] && [ "$dry_run" = false ]; then
  exec "$IMAGE_RELEASE" status --watch
fi
`;
}

const KANIKO_BUILD = `#!/bin/sh
# Builds the images of this repository in the cluster, a Kaniko pod for each, and publishes them.
# Arguments go on to image-release build: keys of images, --dry-run, --no-cache, --tag TAG …
set -eu

${FIND_PROGRAM}
exec "$IMAGE_RELEASE" build --builder=kaniko "$@"
`;

const CHECK_STATUS = `#!/bin/sh
# Shows what is deployed; with --watch it waits until the release of this commit is, or its run has failed.
# Arguments go on to image-release status.
set -eu

${FIND_PROGRAM}
exec "$IMAGE_RELEASE" status "$@"
`;
