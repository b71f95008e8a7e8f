import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{a as n,c as l}from"./chunk-R2ZACR3Z.js";import{e as a}from"./chunk-ZPUM3NAY.js";function S(e){return[{path:"scripts/build-images-safe.sh",text:u(e),executable:!0},{path:"scripts/kaniko-build.sh",text:d,executable:!0},{path:"scripts/check-build-status.sh",text:f,executable:!0}]}var o=`IMAGE_RELEASE=\${IMAGE_RELEASE:-image-release}
if ! command -v "$IMAGE_RELEASE" >/dev/null; then
  printf '%s is not installed: npm install --global github:ardenone/image-release\\n' "$IMAGE_RELEASE" >&2
  exit 127
fi
`;function u(e){return`#!/bin/sh
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

${o}
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
`}var d=`#!/bin/sh
# Builds the images of this repository in the cluster, a Kaniko pod for each, and publishes them.
# Arguments go on to image-release build: keys of images, --dry-run, --no-cache, --tag TAG \u2026
set -eu

${o}
exec "$IMAGE_RELEASE" build --builder=kaniko "$@"
`,f=`#!/bin/sh
# Shows what is deployed; with --watch it waits until the release of this commit is, or its run has failed.
# Arguments go on to image-release status.
set -eu

${o}
exec "$IMAGE_RELEASE" status "$@"
`;import{lstatSync as c}from"node:fs";import{chmod as p,mkdir as g,writeFile as m}from"node:fs/promises";import{dirname as b,join as h}from"node:path";async function R(e,s){let t=e.map(i=>w(i,s.root));if(a(t.flatMap(({file:i,status:r})=>r==="refused"?[y(i)]:[])),s.existing==="keep"&&a(t.filter(E).map(x)),s.mode==="write")for(let{file:i,status:r}of t)r!=="unchanged"&&await A(i,s.root);return t.flatMap(({file:{path:i},status:r})=>r==="refused"?[]:[{path:i,status:r}])}function w(e,s){try{let t=l(s,e.path,$).toString();return{file:e,status:t===e.text?"unchanged":"overwritten"}}catch(t){let i=t.code==="ENOENT";if(i&&c(h(s,e.path),{throwIfNoEntry:!1})===void 0)return{file:e,status:"written"};if(i||t instanceof n)return{file:e,status:"refused"};throw t}}var $=64*1024*1024;function y({path:e}){return{code:"scaffold/file-exists",severity:"error",message:`${e} is a link to elsewhere, or no regular file: nothing is written there.`,fix:"Move it away.",place:{file:e}}}function E({status:e}){return e==="overwritten"}function x({file:e}){return{code:"scaffold/file-exists",severity:"error",message:`${e.path} is there already, with another text.`,fix:"Give --force to overwrite it (git keeps the old text), or move it away.",place:{file:e.path}}}async function A({path:e,text:s,executable:t},i){let r=h(i,e);await g(b(r),{recursive:!0}),await m(r,s),t===!0&&await p(r,493)}export{S as a,R as b};
