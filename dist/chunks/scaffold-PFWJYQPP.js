import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{b as I,c as C,f as L,h as j}from"./chunk-62QTEKF2.js";import{c as S}from"./chunk-76HIAD5Z.js";import"./chunk-CQWGY6SJ.js";import"./chunk-IIDAG3WJ.js";import{c as q}from"./chunk-SLBG2VKB.js";import"./chunk-KKXC3CJG.js";import"./chunk-RD3HXQCR.js";import"./chunk-DIROYGKN.js";import"./chunk-ATKG4ANS.js";import{e as T,h as O}from"./chunk-6YTXXPAJ.js";import{b as g,c as $}from"./chunk-RIJVBBLD.js";import{e as z}from"./chunk-TX2TMZPC.js";var _=z(q(),1);var r="kaniko-build-runner",V="kaniko-registry",b="kaniko-git",y="kaniko-build-secrets",k="/kaniko/build-secrets";function h({settings:e}){return e.registrySecret??V}function w({images:e}){return[...new Set(e.flatMap(({secrets:t})=>t.map(({id:i})=>i)))]}var N="/results",d={"app.kubernetes.io/name":r,"app.kubernetes.io/component":"build"};function M(e,t){return{"kustomization.yml":E(Y(e,t)),"deployment.yml":E(X(e)),"rbac.yml":oe.map(E).join(`---
`),...e.cache==="pvc"&&{"cache.yml":E(ie)}}}function Y({settings:e,cache:t},i){return{apiVersion:"kustomize.config.k8s.io/v1beta1",kind:"Kustomization",...e.namespace!==void 0&&{namespace:e.namespace},resources:["deployment.yml","rbac.yml",...t==="pvc"?["cache.yml"]:[]],configMapGenerator:[{name:`${r}-scripts`,files:i.map(o=>`scripts/${o}`),options:{labels:d}}]}}function X(e){let{settings:t}=e,i=te(e);return{apiVersion:"apps/v1",kind:"Deployment",metadata:{name:r,labels:d},spec:{replicas:1,strategy:{type:"Recreate"},selector:{matchLabels:{"app.kubernetes.io/name":r}},template:{metadata:{labels:d},spec:{serviceAccountName:t.serviceAccount??r,automountServiceAccountToken:!1,terminationGracePeriodSeconds:5,securityContext:{seccompProfile:{type:"RuntimeDefault"}},...t.nodeSelector&&{nodeSelector:t.nodeSelector},...t.tolerations&&{tolerations:t.tolerations},containers:[{name:"kaniko",image:J(t.image),command:["/busybox/sh","-c",Z],workingDir:N,env:Q(),securityContext:{runAsUser:0,allowPrivilegeEscalation:!1,capabilities:{drop:["ALL"],add:[...j]}},resources:ee(e),volumeMounts:i.map(({mount:o})=>o)}],volumes:i.map(({volume:o})=>o)}}}}}function J(e=L){let{name:t,tag:i="latest"}=T(e)??{name:e};return`${t}:${i.endsWith("debug")?i:i==="latest"?"debug":`${i}-debug`}`}var Z="rm -rf /results/.building; trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done";function Q(){return[{name:"PATH",value:"/usr/local/bin:/kaniko:/busybox"},...Object.entries(C).map(([e,t])=>({name:e,value:t})),{name:"GIT_TOKEN",valueFrom:{secretKeyRef:{name:b,key:"token",optional:!0}}}]}function ee({settings:e}){let t=({cpu:i,memory:o,ephemeralStorage:n})=>({...i!==void 0&&{cpu:i},...o!==void 0&&{memory:o},...n!==void 0&&{"ephemeral-storage":n}});return{requests:t(e.requests??{cpu:"500m",memory:"1Gi"}),...e.limits&&{limits:t(e.limits)}}}function te(e){let t=(i,o,n)=>({volume:{name:i,secret:n},mount:{name:i,mountPath:o,readOnly:!0}});return[{volume:{name:"scripts",configMap:{name:`${r}-scripts`,defaultMode:493}},mount:{name:"scripts",mountPath:"/scripts",readOnly:!0}},t("registry","/kaniko/.docker",{secretName:h(e),items:[{key:".dockerconfigjson",path:"config.json"}]}),...w(e).length===0?[]:[t("build-secrets",k,{secretName:y,defaultMode:256})],{volume:{name:"caches",...e.cache==="pvc"?{persistentVolumeClaim:{claimName:`${r}-cache`}}:{emptyDir:{}}},mount:{name:"caches",mountPath:"/kaniko/caches"}},{volume:{name:"results",emptyDir:{}},mount:{name:"results",mountPath:N}}]}var ie={apiVersion:"v1",kind:"PersistentVolumeClaim",metadata:{name:`${r}-cache`,labels:d},spec:{accessModes:["ReadWriteOnce"],resources:{requests:{storage:"10Gi"}}}},oe=[{apiVersion:"v1",kind:"ServiceAccount",metadata:{name:r,labels:d},automountServiceAccountToken:!1},{apiVersion:"rbac.authorization.k8s.io/v1",kind:"Role",metadata:{name:`${r}-operator`,labels:d},rules:[{apiGroups:["apps"],resources:["deployments"],resourceNames:[r],verbs:["get"]},{apiGroups:["apps"],resources:["replicasets"],verbs:["get","list"]},{apiGroups:[""],resources:["pods","pods/log"],verbs:["get","list","watch"]},{apiGroups:[""],resources:["pods/exec"],verbs:["create","get"]}]}];function E(e){return(0,_.stringify)(e,{lineWidth:0})}var p="build-all.sh",v="common.sh";function D(e){return{[v]:se(e),...Object.fromEntries(e.images.map(t=>[R(t),ne(t)])),[p]:re(e.images)}}function R({key:e}){return`build-${e}.sh`}function ne(e){let{key:t,context:i,dockerfile:o,target:n,args:s,labels:u,secrets:c}=e,l=[...i==="."?[]:[`--context-sub-path=${i}`],`--dockerfile=/kaniko/buildcontext/${o}`,`--cache-repo=${I(e.image,void 0)}`,...n===void 0?[]:[`--target=${n}`],...Object.entries(s).map(([a,m])=>`--build-arg=${a}=${m}`),...Object.entries(u).map(([a,m])=>`--label=${a}=${m}`),...c.map(({id:a})=>`--secret=id=${a},type=file,src=${k}/${a}`)];return`#!/busybox/sh
# Builds the image ${t} from git and pushes it: ${R(e)} [COMMIT]
set -eu

# shellcheck source=/dev/null
. "$(dirname "$0")/${v}"

build ${f(t)} ${f(e.image)} "\${1:-}" \\
${l.map(a=>`  ${f(a)}`).join(` \\
`)}
`}function re(e){return`#!/busybox/sh
# Builds all images from git and pushes them: ${p} [COMMIT]
# Without a commit it is the tip of the branch. An image that fails does not keep the others from being built;
# the exit code is that of the first that failed.
set -u

here=$(dirname "$0")
# shellcheck source=/dev/null
. "$here/${v}"

commit=\${1:-}
check_commit "$commit"
# One tag for all of them, also where it holds the time.
TAG=$(tag_for "$commit")
export TAG

status=0
summary=''
for key in ${e.map(({key:t})=>t).join(" ")}; do
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
  for key in ${e.map(({key:t})=>t).join(" ")}; do
    printf ' \\\\\\n    --image %s=%s' "$key" "$(cat "$RESULTS/$key")"
  done
  if [ -n "$commit" ]; then printf ' \\\\\\n    --source %s' "$commit"; fi
  printf '\\n'
fi
exit "$status"
`}function se({repository:e,branch:t}){return`# shellcheck shell=sh
# What the scripts that build have in common.

# Where and what to build, to be overridden: kubectl exec \u2026 -- env BRANCH=next /scripts/${p}
REPOSITORY=\${REPOSITORY:-${f(e)}}
BRANCH=\${BRANCH:-${f(t)}}

RESULTS=/results
LOCK=$RESULTS/.building

# check_commit COMMIT: a commit is given whole, or not at all
check_commit() {
  case $1 in
    '') return 0 ;;
    *[!0-9a-f]*) ;;
    ????????????????????????????????????????) return 0 ;;
  esac
  printf '%s is no commit: give all 40 digits, as git rev-parse HEAD prints them.\\n' "$1" >&2
  exit 2
}

# tag_for COMMIT: branch and commit; where the commit is not known, the time
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

# build KEY IMAGE COMMIT OPTION\u2026: the exit code is the executor's
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
  # What a build that failed has left keeps the next one from cloning.
  for name in Dockerfile Dockerfile.dockerignore buildcontext stages deps layers secrets swap; do
    rm -rf "/kaniko/\${name:?}"
  done
  if [ -n "$commit" ]; then set -- "$@" "--label=org.opencontainers.image.revision=$commit"; fi
  printf 'Building %s as %s:%s\\n' "$key" "$image" "$tag"
  /kaniko/executor \\
    "--context=git://$REPOSITORY#refs/heads/$BRANCH\${commit:+#$commit}" \\
    "--destination=$image:$tag" \\
    "--digest-file=$digest_file" \\
    --image-format=oci \\
    --cache=true --compressed-caching=false \\
    --push-retry=3 --image-download-retry=3 --image-fs-extract-retry=3 \\
    --force --cleanup --ignore-path=/busybox --log-format=text \\
    "$@"
  # Written before the push, so that it counts only after an exit code of 0.
  printf '%s:%s@%s\\n' "$image" "$tag" "$(cat "$digest_file")" >"$RESULTS/$key"
  printf 'Pushed %s\\n' "$(cat "$RESULTS/$key")"
}
`}function f(e){return/^[A-Za-z0-9_./:=@%+,-]+$/.test(e)?e:/['$`]/.test(e)?`"${e.replaceAll(/[\\"$`]/g,String.raw`\$&`)}"`:`'${e}'`}function G(e,t){let{images:i,settings:o,branch:n,repository:s,cache:u}=e,c=o.namespace===void 0?"":` -n ${o.namespace}`,l=`kubectl${c} exec deployment/${r} --`,a=w(e);return`# A runner that builds images in the cluster

A Deployment with one pod that waits. A build is started in it by \`kubectl exec\`: [Kaniko](https://github.com/osscontainertools/kaniko)
clones \`${s}\`, builds, and pushes. Nothing is built until somebody asks, and no Job is left behind.

Written by \`image-release kaniko init\`. To change it, change \`image-release.yml\` and write it again.

## Set up

1. The registry's login, from the file that \`docker login\` writes. It must hold the login itself; a \`credsStore\`
   is a program of your machine and does not work in a pod.

   \`\`\`sh
   kubectl${c} create secret generic ${h(e)} --type=kubernetes.io/dockerconfigjson --from-file=.dockerconfigjson="$HOME/.docker/config.json"
   \`\`\`

2. For a private repository, a token that may read it. It is read from standard input, so that no shell keeps it.

   \`\`\`sh
   kubectl${c} create secret generic ${b} --from-file=token=/dev/stdin
   \`\`\`
${a.length===0?"":`
   And the build secrets that the Dockerfiles ask for:

   \`\`\`sh
   kubectl${c} create secret generic ${y} ${a.map(m=>`--from-file=${m}=PATH`).join(" ")}
   \`\`\`
`}
3. The runner:

   \`\`\`sh
   kubectl apply -k ${t}/
   kubectl${c} rollout status deployment/${r}
   \`\`\`

Whoever can change a Dockerfile of this repository can read these secrets from a build step. Give the tokens no more than the
right to push these images and to read this repository.

Keep the secrets out of the repository, and out of this folder: an example applied over a real secret empties it.

## Build

\`\`\`sh
${l} /scripts/${p}
${l} /scripts/${p} "$(git rev-parse HEAD)"
${i.map(m=>`${l} /scripts/${R(m)}`).join(`
`)}
${l} env BRANCH=next /scripts/${p}
\`\`\`

With a commit, exactly that one is built, and the tag is \`${n}-<first 7 digits>\`; it must be pushed. Without one it is the
tip of \`${n}\`, and the tag holds the time. Prefer the commit: two images of one call can come from two commits when
somebody pushes in between.

The command ends when the build has ended, and its exit code is the build's: 0 when every image was pushed, else that of the
first that failed; 2 for a wrong argument; 75 when another build is going on. At the end it prints the digests, and the command
that rolls them out.

| part | what it is |
|---|---|
| \`deployment.yml\` | the pod: Kaniko's debug image, which has a shell; it passes the *baseline* Pod Security Standard |
| \`rbac.yml\` | the pod's service account, which may do nothing, and the role \`${r}-operator\` for people who start builds |
${u==="pvc"?"| `cache.yml` | 10 GiB for what `RUN --mount=type=cache` keeps between builds |\n":""}| \`scripts/\` | one script per image, and \`${p}\`; mounted at \`/scripts\` |

Who may start builds is given the role:

\`\`\`sh
kubectl${c} create rolebinding ${r}-operator --role=${r}-operator --user=NAME
\`\`\`

Layers are kept in \`<image>/cache\` in the registry, so that a build does only what changed. ${u==="pvc"?"Cache mounts are kept on a volume.":"Cache mounts are kept as long as the pod lives; with `--cache pvc` longer."}

## When it does not work

| what you see | what it is |
|---|---|
| pod stays in \`ContainerCreating\` | a secret is missing: \`kubectl${c} describe pod -l app.kubernetes.io/name=${r}\` names it |
| \`checking push permission \u2026 UNAUTHORIZED\` or \`DENIED\` | the login in \`${h(e)}\` is wrong, or may not push |
| \`authentication required\` while cloning | the repository is private: step 2, then \`kubectl${c} rollout restart deployment/${r}\` |
| exit code 137 | the build needed more memory than the node or the limit gives: \`builder.limits\` in \`image-release.yml\` |
| exit code 75 | another build is going on in this pod |

These images have neither SBOM nor provenance, and are built for the platform of the node. \`image-release release\` does more,
from a pod too: it attests, verifies, and rolls out by itself.
`}function P(e,t){let i=D(e);return[...Object.entries(M(e,Object.keys(i))).map(([o,n])=>({path:`${t}/${o}`,text:n})),...Object.entries(i).map(([o,n])=>({path:`${t}/scripts/${o}`,text:n,executable:!0})),{path:`${t}/README.md`,text:G(e,t)}]}function F({config:e,source:t,repository:i,cache:o}){let n=ae(i??t.url),s=n===void 0?[ce(i)]:[],u=t.repository?.split("/")[0],c=e.images.flatMap(a=>{s.push(...le(a,e));let{key:m,image:K}=a,H=e.place(`images.${m}.image`),x=O({key:m,registry:e.registry,image:K,owner:u,place:H});return x.status==="name"?[{...a,image:x.image}]:(s.push(x.problem),[])});$(s);let l=e.builder.settings.find(a=>a.type==="kaniko");return{images:c,repository:n??"",branch:t.defaultBranch??"main",settings:l??{type:"kaniko"},cache:o}}function ae(e){let[,t]=/^https:\/\/(?:[^@/]*@)?([^?#]+?)\/*$/.exec(e??"")??[];if(t!==void 0)return t.endsWith(".git")?t:`${t}.git`}function ce(e){return{code:"scaffold/repository-unknown",severity:"error",message:e===void 0?"This checkout has no origin that can be cloned by https, and the runner builds from git.":"--repository is no https address.",fix:"Give it: --repository https://github.com/OWNER/NAME."}}function le(e,t){let{key:i}=e;return[...Object.entries(e.contexts).map(([n,s])=>[`contexts.${n}`,`stands on the named context ${n} (${s})`]),...Object.keys(e.extra).map(n=>[n,`has the setting ${n} of a bake file`]),...e.dockerfileInline===void 0?[]:[["dockerfile","has its Dockerfile in a bake or compose file"]],.../^[a-z][a-z0-9+.-]*:|^git@/i.test(e.context)?[["context",`has a context outside of the repository (${e.context})`]]:[],...e.platforms.length>1?[["platforms","is built for several platforms, and the runner has one"]]:[]].map(([n,s])=>({code:"scaffold/not-buildable",severity:"error",image:i,message:`Image ${i} ${s}.`,fix:"The runner hands the Dockerfile to Kaniko as it stands; build this image by `image-release release --builder kaniko`.",place:t.place(`images.${i}.${n}`)}))}function W(e){return[{path:"scripts/build-images-safe.sh",text:ue(e),executable:!0},{path:"scripts/kaniko-build.sh",text:me,executable:!0},{path:"scripts/check-build-status.sh",text:pe,executable:!0}]}var A=`IMAGE_RELEASE=\${IMAGE_RELEASE:-image-release}
if ! command -v "$IMAGE_RELEASE" >/dev/null; then
  printf '%s is not installed: npm install --global github:ardenone/image-release\\n' "$IMAGE_RELEASE" >&2
  exit 127
fi
`;function ue(e){return`#!/bin/sh
# Builds the images of this repository, wherever that works. All of it is done by image-release;
# this script only has the options that such scripts use to have.
set -eu

usage() {
  cat <<'END'
Usage: scripts/build-images-safe.sh [OPTION]\u2026

Without --push the images are built, to prove that they build, and nothing is published.

  --push          publish the images
  --dry-run       plan and check; build and publish nothing
${e.map(i=>`--${i}-only`).map((i,o)=>`  ${i.padEnd(15)} build ${e[o]} alone; several of these add up`).join(`
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

${A}
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
${e.map(i=>`    --${i}-only) keys="$keys ${i}" ;;`).join(`
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
`}var me=`#!/bin/sh
# Builds the images of this repository in the cluster, a Kaniko pod for each, and publishes them.
# Arguments go on to image-release build: keys of images, --dry-run, --no-cache, --tag TAG \u2026
set -eu

${A}
exec "$IMAGE_RELEASE" build --builder=kaniko "$@"
`,pe=`#!/bin/sh
# Shows what is deployed; with --watch it waits until the release of this commit is, or its run has failed.
# Arguments go on to image-release status.
set -eu

${A}
exec "$IMAGE_RELEASE" status "$@"
`;import{chmod as de,mkdir as he,readFile as fe,writeFile as ge}from"node:fs/promises";import{dirname as $e,join as U}from"node:path";async function B(e,t){let i=await Promise.all(e.map(o=>be(o,t.root)));if(t.existing==="keep"&&$(i.filter(ye).map(ke)),t.mode==="write")for(let{file:o,status:n}of i)n!=="unchanged"&&await we(o,t.root);return i.map(({file:{path:o},status:n})=>({path:o,status:n}))}async function be(e,t){let i=await fe(U(t,e.path),"utf8").catch(o=>{if(o.code!=="ENOENT")throw o});return i===void 0?{file:e,status:"written"}:{file:e,status:i===e.text?"unchanged":"overwritten"}}function ye({status:e}){return e==="overwritten"}function ke({file:e}){return{code:"scaffold/file-exists",severity:"error",message:`${e.path} is there already, with another text.`,fix:"Give --force to overwrite it (git keeps the old text), or move it away.",place:{file:e.path}}}async function we({path:e,text:t,executable:i},o){let n=U(o,e);await he($e(n),{recursive:!0}),await ge(n,t),i===!0&&await de(n,493)}var Ee="k8s/kaniko",Re={kaniko({words:e,options:t,command:i},o,{source:n}){let[s,...u]=e;if(s!=="init")throw g({code:"usage/missing-argument",message:s===void 0?"kaniko needs a word: init.":`There is no \`kaniko ${s}\`.`,fix:"`image-release kaniko init` writes a runner for the cluster."});S({command:i,words:u});let c=(t.text("output")??Ee).replace(/^\.\//,"").replace(/\/+$/,""),l=xe(t.text("cache")??"emptyDir");return P(F({config:o,source:n,repository:t.text("repository"),cache:l}),c)},init(e,t){if(S(e),e.options.has("scripts"))return W(t.images.map(({key:i})=>i));throw g({code:"usage/missing-argument",message:"init was not told what to write.",fix:"Give --scripts for the wrapper scripts."})}};async function ot(e,t,i,o){let{options:n}=t,s=Re[e](t,i,o),u=n.has("dry-run")?"preview":"write",c=n.has("force")?"overwrite":"keep",l=await B(s,{root:o.root,existing:c,mode:u});return n.has("json")?`${JSON.stringify({files:l},null,2)}
`:`${l.map(Se).join(`
`)}
${u==="preview"?`Nothing was written.
`:ve(e,s)}`}function xe(e){if(e==="emptyDir"||e==="pvc")return e;throw g({code:"usage/bad-option",message:`--cache is emptyDir or pvc, here it is \`${e}\`.`,fix:"Give pvc to keep cache mounts longer than the pod lives."})}function Se({path:e,status:t}){return`${t.padEnd(11)}  ${e}`}function ve(e,t){return e==="init"?`Their options: scripts/build-images-safe.sh --help
`:`How to set it up: ${t.find(({path:o})=>o.endsWith("README.md"))?.path??""}
`}export{ot as scaffold};
