import type { ScaffoldFile } from './write-files.js';

/** Scripts with the names and options that repositories often have, on top of the command line. */
export function wrapperScripts(keys: readonly string[]): ScaffoldFile[] {
  return [
    { path: 'scripts/build-images-safe.sh', text: buildScript(keys, BUILD_IMAGES), executable: true },
    { path: 'scripts/kaniko-build.sh', text: buildScript(keys, KANIKO_BUILD), executable: true },
    { path: 'scripts/check-build-status.sh', text: CHECK_STATUS, executable: true },
  ];
}

const FIND_PROGRAM = `IMAGE_RELEASE=\${IMAGE_RELEASE:-image-release}
if ! command -v "$IMAGE_RELEASE" >/dev/null; then
  printf '%s is not installed: npm install --global github:ardenone/image-release\\n' "$IMAGE_RELEASE" >&2
  exit 127
fi
`;

/** `defaults` assigns `push` and `builder`, `cases` reads further arguments, `checks` refuses combinations. */
interface BuildScript extends Record<'file' | 'purpose' | 'defaults' | 'cases' | 'checks', string> {
  options: readonly [option: string, meaning: string][];
}

function buildScript(keys: readonly string[], script: BuildScript): string {
  const rows = [
    ...script.options,
    ['--all', 'build every image (the default)'],
    ...keys.map((key): [string, string] => [`--${key}-only`, `build ${key} alone; several of these add up`]),
    ['--tag TAG', 'publish under this tag too'],
    ['--deploy', 'publish, then update the Kustomizations'],
    ['--dry-run', 'plan and check; build and publish nothing'],
    ['--no-cache', 'build every step again'],
    ['--help', 'show this help'],
  ];
  const width = Math.max(...rows.map(([option = '']) => option.length)) + 2;
  return `#!/bin/sh
# ${script.purpose}
# It only translates its options; image-release does the work.
set -eu

usage() {
  cat <<'END'
Usage: scripts/${script.file} [OPTION]…

${rows.map(([option = '', meaning = '']) => `  ${option.padEnd(width)}${meaning}`).join('\n')}

image-release build --help lists all options of the command.
END
}

fail() {
  printf '%s\\n' "$1" >&2
  exit 2
}

${FIND_PROGRAM}
command=build
dry_run=false
watch=false
no_cache=false
tag=''
keys=''
${script.defaults}

while [ $# -gt 0 ]; do
  case $1 in
    --all) keys='' ;;
${keys.map((key) => `    --${key}-only) keys="$keys ${key}" ;;`).join('\n')}
    --tag)
      [ $# -ge 2 ] || fail '--tag needs a tag.'
      tag=$2
      shift
      ;;
    --tag=*) tag=\${1#--tag=} ;;
    --deploy)
      command=release
      push=true
      ;;
    --dry-run) dry_run=true ;;
    --no-cache) no_cache=true ;;
    --watch) watch=true ;;
${script.cases}
    -h | --help)
      usage
      exit 0
      ;;
    *) fail "There is no option $1; see --help." ;;
  esac
  shift
done

${script.checks}
# shellcheck disable=SC2086 # keys of images hold no blanks
set -- "$command" $keys
[ -z "$push" ] || set -- "$@" "--push=$push"
[ -z "$builder" ] || set -- "$@" "--builder=$builder"
[ -z "$tag" ] || set -- "$@" "--tag=$tag"
[ "$no_cache" = false ] || set -- "$@" --no-cache
[ "$dry_run" = false ] || set -- "$@" --dry-run
[ "$command" = build ] || set -- "$@" --yes
"$IMAGE_RELEASE" "$@"

if [ "$watch" = true ] && [ "$dry_run" = false ]; then
  exec "$IMAGE_RELEASE" status --watch
fi
`;
}

const BUILD_IMAGES: BuildScript = {
  file: 'build-images-safe.sh',
  purpose: 'Builds the images of this repository with the builder that works here.',
  options: [
    ['--push', 'publish the images; without it they are only built'],
    ['--force-local', 'build with Docker on this machine, or fail'],
    ['--gh-actions', 'build by the workflow on GitHub (with --push or --deploy), and follow it'],
    ['--watch', 'wait until the images are deployed (with --deploy or --gh-actions)'],
  ],
  defaults: "push=false\nbuilder=''",
  cases: `    --push) push=true ;;
    --force-local)
      [ "$builder" != dispatch ] || fail '--force-local and --gh-actions exclude each other.'
      builder=buildx
      ;;
    --gh-actions)
      [ "$builder" != buildx ] || fail '--force-local and --gh-actions exclude each other.'
      builder=dispatch
      ;;`,
  checks: `if [ "$builder" = dispatch ] && [ "$push" = false ] && [ "$dry_run" = false ]; then
  fail '--gh-actions publishes what it builds: add --push, or --dry-run.'
fi
if [ "$watch" = true ] && [ "$builder" != dispatch ] && [ "$command" = build ]; then
  fail '--watch waits for a deployment: add --deploy or --gh-actions.'
fi
`,
};

const KANIKO_BUILD: BuildScript = {
  file: 'kaniko-build.sh',
  purpose: 'Builds the images of this repository in the cluster, a Kaniko pod for each, and publishes them.',
  options: [['--watch', 'wait until the images are deployed (with --deploy)']],
  defaults: "push=''\nbuilder=kaniko",
  cases: `    [!-]*) keys="$keys $1" ;;`,
  checks: `if [ "$watch" = true ] && [ "$command" = build ]; then
  fail '--watch waits for a deployment: add --deploy.'
fi
`,
};

const CHECK_STATUS = `#!/bin/sh
# Shows what is deployed. With --watch it waits until the release of this commit is deployed or its run has failed.
# All arguments are passed to image-release status.
set -eu

${FIND_PROGRAM}
exec "$IMAGE_RELEASE" status "$@"
`;
