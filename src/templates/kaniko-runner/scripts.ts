import { cacheRepositoryOf } from '../../builders/kaniko/arguments.js';
import { SECRETS_FOLDER, type Runner, type RunnerImage } from './runner.js';

export const BUILD_ALL = 'build-all.sh';
const COMMON = 'common.sh';

/** The scripts of a runner by file name, for the shell of Kaniko's debug image (busybox). */
export function runnerScripts(runner: Runner): Record<string, string> {
  return {
    [COMMON]: common(runner),
    ...Object.fromEntries(runner.images.map((image) => [scriptOf(image), buildOne(image)])),
    [BUILD_ALL]: buildAll(runner.images),
  };
}

export const scriptOf = ({ key }: Pick<RunnerImage, 'key'>): string => `build-${key}.sh`;

function buildOne(image: RunnerImage): string {
  const { key, context, dockerfile, target, args, labels, secrets } = image;
  const options = [
    ...(context === '.' ? [] : [`--context-sub-path=${context}`]),
    // Absolute: a Dockerfile may lie outside its context.
    `--dockerfile=/kaniko/buildcontext/${dockerfile}`,
    `--cache-repo=${cacheRepositoryOf(image.image, undefined)}`,
    ...(target === undefined ? [] : [`--target=${target}`]),
    ...Object.entries(args).map(([name, value]) => `--build-arg=${name}=${value}`),
    ...Object.entries(labels).map(([name, value]) => `--label=${name}=${value}`),
    ...secrets.map(({ id }) => `--secret=id=${id},type=file,src=${SECRETS_FOLDER}/${id}`),
  ];
  return `#!/busybox/sh
# Builds the image ${key} from git and pushes it: ${scriptOf(image)} [COMMIT]
set -eu

# shellcheck source=/dev/null
. "$(dirname "$0")/${COMMON}"

build ${quoted(key)} ${quoted(image.image)} "\${1:-}" \\
${options.map((option) => `  ${quoted(option)}`).join(' \\\n')}
`;
}

function buildAll(images: readonly RunnerImage[]): string {
  return `#!/busybox/sh
# Builds all images from git and pushes them: ${BUILD_ALL} [COMMIT]
# Without a commit it is the tip of the branch. An image that fails does not keep the others from being built;
# the exit code is that of the first that failed.
set -u

here=$(dirname "$0")
# shellcheck source=/dev/null
. "$here/${COMMON}"

commit=\${1:-}
check_commit "$commit"
# One tag for all of them, even if it is a time.
TAG=$(tag_for "$commit")
export TAG

status=0
summary=''
for key in ${images.map(({ key }) => key).join(' ')}; do
  "$here/build-$key.sh" "$commit"
  code=$?
  if [ "$code" -eq 0 ]; then
    summary="$summary
  ok      $key  $(cat "$RESULTS/$key")"
  else
    summary="$summary
  FAILED  $key  (exit code $code)"
    if [ "$status" -eq 0 ]; then status=$code; fi
  fi
done

printf '\\nImages:%s\\n' "$summary"
if [ "$status" -eq 0 ]; then
  printf '\\nTo roll them out, in a checkout of the repository:\\n\\n  image-release deploy'
  for key in ${images.map(({ key }) => key).join(' ')}; do
    printf ' \\\\\\n    --image %s=%s' "$key" "$(cat "$RESULTS/$key")"
  done
  if [ -n "$commit" ]; then printf ' \\\\\\n    --source %s' "$commit"; fi
  printf '\\n'
fi
exit "$status"
`;
}

function common({ repository, branch }: Runner): string {
  return `# shellcheck shell=sh
# Shared by the scripts that build.

# Where and what to build, to be overridden: kubectl exec … -- env BRANCH=next /scripts/${BUILD_ALL}
REPOSITORY=\${REPOSITORY:-${quoted(repository)}}
BRANCH=\${BRANCH:-${quoted(branch)}}

RESULTS=/results
LOCK=$RESULTS/.building

# check_commit COMMIT: all 40 digits, or nothing
check_commit() {
  case $1 in
    '') return 0 ;;
    *[!0-9a-f]*) ;;
    ????????????????????????????????????????) return 0 ;;
  esac
  printf '%s is no commit: give all 40 digits, as git rev-parse HEAD prints them.\\n' "$1" >&2
  exit 2
}

# tag_for COMMIT: branch and commit, or the time if the commit is unknown
tag_for() {
  if [ -n "\${TAG:-}" ]; then
    printf '%s' "$TAG"
    return
  fi
  name=$(printf '%s' "$BRANCH" | tr -c 'A-Za-z0-9_.-' '-' | cut -c 1-100)
  if [ -n "$1" ]; then
    printf '%s-%s' "$name" "$(printf '%s' "$1" | cut -c 1-7)"
  else
    printf '%s-%s' "$name" "$(date -u +%Y%m%d%H%M%S)"
  fi
}

# Two builds in one container would unpack over each other.
lock() {
  # A build that was killed has left its lock, with the number of a process that is gone.
  if [ -d "$LOCK" ] && [ ! -d "/proc/$(cat "$LOCK/process" 2>/dev/null || echo self)" ]; then rm -rf "$LOCK"; fi
  if mkdir "$LOCK" 2>/dev/null; then
    printf '%s\\n' "$$" >"$LOCK/process"
    trap 'rm -rf "$LOCK"' EXIT
    trap 'exit 130' INT TERM
    return
  fi
  printf 'Another build is going on in this pod.\\n' >&2
  exit 75
}

# Removes noise: the progress of git, and the list of all options of the executor after an error.
readable() {
  usage=
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      'Usage:') usage=1 ;;
      'Use "executor '*) usage= ;;
      *'objects: '*%*) ;;
      *) if [ -z "$usage" ]; then printf '%s\\n' "$line"; fi ;;
    esac
  done
}

# build KEY IMAGE COMMIT OPTION…: the exit code is the executor's
build() {
  key=$1
  image=$2
  commit=$3
  shift 3
  check_commit "$commit"
  lock
  tag=$(tag_for "$commit")
  digest_file=$RESULTS/$key.digest
  rm -f "$RESULTS/$key" "$digest_file"
  # Files of a failed build would keep the next one from cloning.
  for name in Dockerfile Dockerfile.dockerignore buildcontext stages deps layers secrets swap; do
    rm -rf "/kaniko/\${name:?}"
  done
  if [ -n "$commit" ]; then set -- "$@" "--label=org.opencontainers.image.revision=$commit"; fi
  # shellcheck disable=SC3040
  set -o pipefail
  printf 'Building %s as %s:%s\\n' "$key" "$image" "$tag"
  /kaniko/executor \\
    "--context=git://$REPOSITORY#refs/heads/$BRANCH\${commit:+#$commit}" \\
    "--destination=$image:$tag" \\
    "--digest-file=$digest_file" \\
    --image-format=oci \\
    --cache=true --compressed-caching=false \\
    --push-retry=3 --image-download-retry=3 --image-fs-extract-retry=3 \\
    --force --cleanup --ignore-path=/busybox --log-format=text \\
    "$@" 2>&1 | readable
  # Written before the push, so that it counts only after an exit code of 0.
  printf '%s:%s@%s\\n' "$image" "$tag" "$(cat "$digest_file")" >"$RESULTS/$key"
  printf 'Pushed %s\\n' "$(cat "$RESULTS/$key")"
}
`;
}

/** A word for the shell; in double quotes only where single ones look as if an expansion were meant. */
function quoted(text: string): string {
  if (/^[A-Za-z0-9_./:=@%+,-]+$/.test(text)) return text;
  return /['$`]/.test(text) ? `"${text.replaceAll(/[\\"$`]/g, String.raw`\$&`)}"` : `'${text}'`;
}
