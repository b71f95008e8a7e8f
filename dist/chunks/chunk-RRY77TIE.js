import{g as u,i as c}from"./chunk-WH2FAWZZ.js";import{d,h}from"./chunk-YMO5YDNW.js";function v(i){return[{path:"scripts/build-images-safe.sh",text:p(i,$),executable:!0},{path:"scripts/kaniko-build.sh",text:p(i,w),executable:!0},{path:"scripts/check-build-status.sh",text:b,executable:!0}]}var f=`IMAGE_RELEASE=\${IMAGE_RELEASE:-image-release}
if ! command -v "$IMAGE_RELEASE" >/dev/null; then
  printf '%s is not installed: npm install --global github:ardenone/image-release\\n' "$IMAGE_RELEASE" >&2
  exit 127
fi
`;function p(i,t){let s=[...t.options,["--all","build every image (the default)"],...i.map(e=>[`--${e}-only`,`build ${e} alone; several of these add up`]),["--tag TAG","publish under this tag too"],["--deploy","publish, then update the Kustomizations"],["--dry-run","plan and check; build and publish nothing"],["--no-cache","build every step again"],["--help","show this help"]],o=Math.max(...s.map(([e=""])=>e.length))+2;return`#!/bin/sh
# ${t.purpose}
# It only translates its options; image-release does the work.
set -eu

usage() {
  cat <<'END'
Usage: scripts/${t.file} [OPTION]\u2026

${s.map(([e="",n=""])=>`  ${e.padEnd(o)}${n}`).join(`
`)}

image-release build --help lists all options of the command.
END
}

fail() {
  printf '%s\\n' "$1" >&2
  exit 2
}

${f}
command=build
dry_run=false
watch=false
no_cache=false
tag=''
keys=''
${t.defaults}

while [ $# -gt 0 ]; do
  case $1 in
    --all) keys='' ;;
${i.map(e=>`    --${e}-only) keys="$keys ${e}" ;;`).join(`
`)}
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
${t.cases}
    -h | --help)
      usage
      exit 0
      ;;
    *) fail "There is no option $1; see --help." ;;
  esac
  shift
done

${t.checks}
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
`}var $={file:"build-images-safe.sh",purpose:"Builds the images of this repository with the builder that works here.",options:[["--push","publish the images; without it they are only built"],["--force-local","build with Docker on this machine, or fail"],["--gh-actions","build by the workflow on GitHub (with --push or --deploy), and follow it"],["--watch","wait until the images are deployed (with --deploy or --gh-actions)"]],defaults:`push=false
builder=''`,cases:`    --push) push=true ;;
    --force-local)
      [ "$builder" != dispatch ] || fail '--force-local and --gh-actions exclude each other.'
      builder=buildx
      ;;
    --gh-actions)
      [ "$builder" != buildx ] || fail '--force-local and --gh-actions exclude each other.'
      builder=dispatch
      ;;`,checks:`if [ "$builder" = dispatch ] && [ "$push" = false ] && [ "$dry_run" = false ]; then
  fail '--gh-actions publishes what it builds: add --push, or --dry-run.'
fi
if [ "$watch" = true ] && [ "$builder" != dispatch ] && [ "$command" = build ]; then
  fail '--watch waits for a deployment: add --deploy or --gh-actions.'
fi
`},w={file:"kaniko-build.sh",purpose:"Builds the images of this repository in the cluster, a Kaniko pod for each, and publishes them.",options:[["--watch","wait until the images are deployed (with --deploy)"]],defaults:`push=''
builder=kaniko`,cases:'    [!-]*) keys="$keys $1" ;;',checks:`if [ "$watch" = true ] && [ "$command" = build ]; then
  fail '--watch waits for a deployment: add --deploy.'
fi
`},b=`#!/bin/sh
# Shows what is deployed. With --watch it waits until the release of this commit is deployed or its run has failed.
# All arguments are passed to image-release status.
set -eu

${f}
exec "$IMAGE_RELEASE" status "$@"
`;import{lstatSync as y}from"node:fs";import{chmod as E,mkdir as x,writeFile as k}from"node:fs/promises";import{dirname as S,join as m}from"node:path";async function T(i,{root:t,existing:s,mode:o}){let e=i.map(a=>({file:a,status:_(a,t)}));h(e.flatMap(({file:{path:a},status:r})=>{let[g,l]=r==="refused"?[`${a} is a link to elsewhere, or no regular file.`,"Move it away."]:[`${a} exists with another text.`];return r==="refused"||r==="overwritten"&&s==="keep"?[d({code:"scaffold/file-exists",message:g,place:{file:a},...l&&{fix:l}})]:[]}));let n=[];for(let{file:a,status:r}of e)r!=="refused"&&(o==="write"&&r!=="unchanged"&&await F(a,t),n.push({path:a.path,status:r}));return n}var A=64*1024*1024;function _(i,t){try{return c(t,i.path,A).toString()===i.text?"unchanged":"overwritten"}catch(s){let o=s.code==="ENOENT";if(o&&y(m(t,i.path),{throwIfNoEntry:!1})===void 0)return"written";if(o||s instanceof u)return"refused";throw s}}async function F({path:i,text:t,executable:s},o){let e=m(o,i);await x(S(e),{recursive:!0}),await k(e,t),s===!0&&await E(e,493)}export{v as a,T as b};
