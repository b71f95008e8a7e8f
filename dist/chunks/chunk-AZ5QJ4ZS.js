import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{c as o}from"./chunk-FCIMNURX.js";function E(e){return[{path:"scripts/build-images-safe.sh",text:l(e),executable:!0},{path:"scripts/kaniko-build.sh",text:h,executable:!0},{path:"scripts/check-build-status.sh",text:u,executable:!0}]}var r=`IMAGE_RELEASE=\${IMAGE_RELEASE:-image-release}
if ! command -v "$IMAGE_RELEASE" >/dev/null; then
  printf '%s is not installed: npm install --global github:ardenone/image-release\\n' "$IMAGE_RELEASE" >&2
  exit 127
fi
`;function l(e){return`#!/bin/sh
# Builds the images of this repository, wherever that works. All of it is done by image-release;
# this script only has the options that such scripts use to have.
set -eu

usage() {
  cat <<'END'
Usage: scripts/build-images-safe.sh [OPTION]\u2026

Without --push the images are built, to prove that they build, and nothing is published.

  --push          publish the images
  --dry-run       plan and check; build and publish nothing
${e.map(t=>`--${t}-only`).map((t,i)=>`  ${t.padEnd(15)} build ${e[i]} alone; several of these add up`).join(`
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

${r}
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
${e.map(t=>`    --${t}-only) keys="$keys ${t}" ;;`).join(`
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
`}var h=`#!/bin/sh
# Builds the images of this repository in the cluster, a Kaniko pod for each, and publishes them.
# Arguments go on to image-release build: keys of images, --dry-run, --no-cache, --tag TAG \u2026
set -eu

${r}
exec "$IMAGE_RELEASE" build --builder=kaniko "$@"
`,u=`#!/bin/sh
# Shows what is deployed; with --watch it waits until the release of this commit is, or its run has failed.
# Arguments go on to image-release status.
set -eu

${r}
exec "$IMAGE_RELEASE" status "$@"
`;import{chmod as d,mkdir as c,readFile as f,writeFile as p}from"node:fs/promises";import{dirname as g,join as n}from"node:path";async function k(e,a){let t=await Promise.all(e.map(i=>m(i,a.root)));if(a.existing==="keep"&&o(t.filter(b).map(w)),a.mode==="write")for(let{file:i,status:s}of t)s!=="unchanged"&&await $(i,a.root);return t.map(({file:{path:i},status:s})=>({path:i,status:s}))}async function m(e,a){let t=await f(n(a,e.path),"utf8").catch(i=>{if(i.code!=="ENOENT")throw i});return t===void 0?{file:e,status:"written"}:{file:e,status:t===e.text?"unchanged":"overwritten"}}function b({status:e}){return e==="overwritten"}function w({file:e}){return{code:"scaffold/file-exists",severity:"error",message:`${e.path} is there already, with another text.`,fix:"Give --force to overwrite it (git keeps the old text), or move it away.",place:{file:e.path}}}async function $({path:e,text:a,executable:t},i){let s=n(i,e);await c(g(s),{recursive:!0}),await p(s,a),t===!0&&await d(s,493)}export{E as a,k as b};
