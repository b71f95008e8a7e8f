import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{a as d,c as f}from"./chunk-R2ZACR3Z.js";import{d as u,g as c}from"./chunk-MSWECYUG.js";function v(t){return[{path:"scripts/build-images-safe.sh",text:b(t),executable:!0},{path:"scripts/kaniko-build.sh",text:w,executable:!0},{path:"scripts/check-build-status.sh",text:m,executable:!0}]}var n=`IMAGE_RELEASE=\${IMAGE_RELEASE:-image-release}
if ! command -v "$IMAGE_RELEASE" >/dev/null; then
  printf '%s is not installed: npm install --global github:ardenone/image-release\\n' "$IMAGE_RELEASE" >&2
  exit 127
fi
`;function b(t){return`#!/bin/sh
# Builds the images of this repository, wherever that works. All of it is done by image-release;
# this script only has the options that such scripts use to have.
set -eu

usage() {
  cat <<'END'
Usage: scripts/build-images-safe.sh [OPTION]\u2026

Without --push the images are built, to prove that they build, and nothing is published.

  --push          publish the images
  --dry-run       plan and check; build and publish nothing
${t.map(e=>`--${e}-only`).map((e,a)=>`  ${e.padEnd(15)} build ${t[a]} alone; several of these add up`).join(`
`)}
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

${n}
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
${t.map(e=>`    --${e}-only) keys="$keys ${e}" ;;`).join(`
`)}
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
`}var w=`#!/bin/sh
# Builds the images of this repository in the cluster, a Kaniko pod for each, and publishes them.
# Arguments go on to image-release build: keys of images, --dry-run, --no-cache, --tag TAG \u2026
set -eu

${n}
exec "$IMAGE_RELEASE" build --builder=kaniko "$@"
`,m=`#!/bin/sh
# Shows what is deployed; with --watch it waits until the release of this commit is, or its run has failed.
# Arguments go on to image-release status.
set -eu

${n}
exec "$IMAGE_RELEASE" status "$@"
`;import{lstatSync as $}from"node:fs";import{chmod as E,mkdir as y,writeFile as x}from"node:fs/promises";import{dirname as A,join as p}from"node:path";async function T(t,{root:s,existing:e,mode:a}){let o=t.map(i=>({file:i,status:k(i,s)}));c(o.flatMap(({file:{path:i},status:r})=>{let[g,h]=r==="refused"?[`${i} is a link to elsewhere, or no regular file.`,"Move it away."]:[`${i} exists with another text.`];return r==="refused"||r==="overwritten"&&e==="keep"?[u({code:"scaffold/file-exists",message:g,...h&&{fix:h},place:{file:i}})]:[]}));let l=[];for(let{file:i,status:r}of o)r!=="refused"&&(a==="write"&&r!=="unchanged"&&await _(i,s),l.push({path:i.path,status:r}));return l}var S=64*1024*1024;function k(t,s){try{return f(s,t.path,S).toString()===t.text?"unchanged":"overwritten"}catch(e){let a=e.code==="ENOENT";if(a&&$(p(s,t.path),{throwIfNoEntry:!1})===void 0)return"written";if(a||e instanceof d)return"refused";throw e}}async function _({path:t,text:s,executable:e},a){let o=p(a,t);await y(A(o),{recursive:!0}),await x(o,s),e===!0&&await E(o,493)}export{v as a,T as b};
