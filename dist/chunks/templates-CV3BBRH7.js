import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{b as I,c as A,f as j,h as L}from"./chunk-PKSG4A6J.js";import{a as N,b as D}from"./chunk-XQAGL7Q6.js";import{c as w}from"./chunk-DMXE7HQW.js";import"./chunk-3RMFCOXL.js";import{g as q}from"./chunk-R2ZACR3Z.js";import"./chunk-JMQ2BYPV.js";import"./chunk-FUU4VCPT.js";import"./chunk-IIDAG3WJ.js";import{e as T,h as O}from"./chunk-2U6N2IEH.js";import"./chunk-KKXC3CJG.js";import"./chunk-RD3HXQCR.js";import{d as x,e as C}from"./chunk-ZPUM3NAY.js";import"./chunk-DIROYGKN.js";import{e as H}from"./chunk-TX2TMZPC.js";var M=H(q(),1);var s="kaniko-build-runner",z="kaniko-registry",$="kaniko-git",b="kaniko-build-secrets",k="/kaniko/build-secrets";function f({settings:e}){return e.registrySecret??z}function y({images:e}){return[...new Set(e.flatMap(({secrets:t})=>t.map(({id:n})=>n)))]}var _="/results",d={"app.kubernetes.io/name":s,"app.kubernetes.io/component":"build"};function U(e,t){return{"kustomization.yml":R(V(e,t)),"deployment.yml":R(Y(e)),"rbac.yml":ne.map(R).join(`---
`),...e.cache==="pvc"&&{"cache.yml":R(te)}}}function V({settings:e,cache:t},n){return{apiVersion:"kustomize.config.k8s.io/v1beta1",kind:"Kustomization",...e.namespace!==void 0&&{namespace:e.namespace},resources:["deployment.yml","rbac.yml",...t==="pvc"?["cache.yml"]:[]],configMapGenerator:[{name:`${s}-scripts`,files:n.map(o=>`scripts/${o}`),options:{labels:d}}]}}function Y(e){let{settings:t}=e,n=ee(e);return{apiVersion:"apps/v1",kind:"Deployment",metadata:{name:s,labels:d},spec:{replicas:1,strategy:{type:"Recreate"},selector:{matchLabels:{"app.kubernetes.io/name":s}},template:{metadata:{labels:d},spec:{serviceAccountName:t.serviceAccount??s,automountServiceAccountToken:!1,terminationGracePeriodSeconds:5,securityContext:{seccompProfile:{type:"RuntimeDefault"}},...t.nodeSelector&&{nodeSelector:t.nodeSelector},...t.tolerations&&{tolerations:t.tolerations},containers:[{name:"kaniko",image:X(t.image),command:["/busybox/sh","-c",Z],workingDir:_,env:J(),securityContext:{runAsUser:0,allowPrivilegeEscalation:!1,capabilities:{drop:["ALL"],add:[...L]}},resources:Q(e),volumeMounts:n.map(({mount:o})=>o)}],volumes:n.map(({volume:o})=>o)}}}}}function X(e=j){let{name:t,tag:n="latest"}=T(e)??{name:e};return`${t}:${n.endsWith("debug")?n:n==="latest"?"debug":`${n}-debug`}`}var Z="rm -rf /results/.building; trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done";function J(){return[{name:"PATH",value:"/usr/local/bin:/kaniko:/busybox"},...Object.entries(A).map(([e,t])=>({name:e,value:t})),{name:"GIT_TOKEN",valueFrom:{secretKeyRef:{name:$,key:"token",optional:!0}}}]}function Q({settings:e}){let t=({cpu:n,memory:o,ephemeralStorage:i})=>({...n!==void 0&&{cpu:n},...o!==void 0&&{memory:o},...i!==void 0&&{"ephemeral-storage":i}});return{requests:t(e.requests??{cpu:"500m",memory:"1Gi"}),...e.limits&&{limits:t(e.limits)}}}function ee(e){let t=(n,o,i)=>({volume:{name:n,secret:i},mount:{name:n,mountPath:o,readOnly:!0}});return[{volume:{name:"scripts",configMap:{name:`${s}-scripts`,defaultMode:493}},mount:{name:"scripts",mountPath:"/scripts",readOnly:!0}},t("registry","/kaniko/.docker",{secretName:f(e),items:[{key:".dockerconfigjson",path:"config.json"}]}),...y(e).length===0?[]:[t("build-secrets",k,{secretName:b,defaultMode:256})],{volume:{name:"caches",...e.cache==="pvc"?{persistentVolumeClaim:{claimName:`${s}-cache`}}:{emptyDir:{}}},mount:{name:"caches",mountPath:"/kaniko/caches"}},{volume:{name:"results",emptyDir:{}},mount:{name:"results",mountPath:_}}]}var te={apiVersion:"v1",kind:"PersistentVolumeClaim",metadata:{name:`${s}-cache`,labels:d},spec:{accessModes:["ReadWriteOnce"],resources:{requests:{storage:"10Gi"}}}},ne=[{apiVersion:"v1",kind:"ServiceAccount",metadata:{name:s,labels:d},automountServiceAccountToken:!1},{apiVersion:"rbac.authorization.k8s.io/v1",kind:"Role",metadata:{name:`${s}-operator`,labels:d},rules:[{apiGroups:["apps"],resources:["deployments"],resourceNames:[s],verbs:["get","list","watch"]},{apiGroups:["apps"],resources:["replicasets"],verbs:["get","list"]},{apiGroups:[""],resources:["pods","pods/log"],verbs:["get","list","watch"]},{apiGroups:[""],resources:["pods/exec"],verbs:["create","get"]}]}];function R(e){return(0,M.stringify)(e,{lineWidth:0})}var p="build-all.sh",E="common.sh";function P(e){return{[E]:re(e),...Object.fromEntries(e.images.map(t=>[S(t),ie(t)])),[p]:oe(e.images)}}function S({key:e}){return`build-${e}.sh`}function ie(e){let{key:t,context:n,dockerfile:o,target:i,args:a,labels:l,secrets:c}=e,m=[...n==="."?[]:[`--context-sub-path=${n}`],`--dockerfile=/kaniko/buildcontext/${o}`,`--cache-repo=${I(e.image,void 0)}`,...i===void 0?[]:[`--target=${i}`],...Object.entries(a).map(([r,u])=>`--build-arg=${r}=${u}`),...Object.entries(l).map(([r,u])=>`--label=${r}=${u}`),...c.map(({id:r})=>`--secret=id=${r},type=file,src=${k}/${r}`)];return`#!/busybox/sh
# Builds the image ${t} from git and pushes it: ${S(e)} [COMMIT]
set -eu

# shellcheck source=/dev/null
. "$(dirname "$0")/${E}"

build ${h(t)} ${h(e.image)} "\${1:-}" \\
${m.map(r=>`  ${h(r)}`).join(` \\
`)}
`}function oe(e){return`#!/busybox/sh
# Builds all images from git and pushes them: ${p} [COMMIT]
# Without a commit it is the tip of the branch. An image that fails does not keep the others from being built;
# the exit code is that of the first that failed.
set -u

here=$(dirname "$0")
# shellcheck source=/dev/null
. "$here/${E}"

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
`}function re({repository:e,branch:t}){return`# shellcheck shell=sh
# What the scripts that build have in common.

# Where and what to build, to be overridden: kubectl exec \u2026 -- env BRANCH=next /scripts/${p}
REPOSITORY=\${REPOSITORY:-${h(e)}}
BRANCH=\${BRANCH:-${h(t)}}

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

# Leaves out what hides the rest: git's progress, and the executor's list of all its options after an error.
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
`}function h(e){return/^[A-Za-z0-9_./:=@%+,-]+$/.test(e)?e:/['$`]/.test(e)?`"${e.replaceAll(/[\\"$`]/g,String.raw`\$&`)}"`:`'${e}'`}function G(e,t){let{images:n,settings:o,branch:i,repository:a,cache:l}=e,c=o.namespace===void 0?"":` -n ${o.namespace}`,m=`kubectl${c} exec deployment/${s} --`,r=y(e);return`# A runner that builds images in the cluster

A Deployment with one pod that waits. A build is started in it by \`kubectl exec\`: [Kaniko](https://github.com/osscontainertools/kaniko)
clones \`${a}\`, builds, and pushes. Nothing is built until somebody asks, and no Job is left behind.

Written by \`image-release kaniko init\`. To change it, change \`image-release.yml\` and write it again.

## Set up

1. The registry's login, from the file that \`docker login\` writes. It must hold the login itself; a \`credsStore\`
   is a program of your machine and does not work in a pod.

   \`\`\`sh
   kubectl${c} create secret generic ${f(e)} --type=kubernetes.io/dockerconfigjson --from-file=.dockerconfigjson="$HOME/.docker/config.json"
   \`\`\`

2. For a private repository, a token that may read it. It is read from standard input, so that no shell keeps it.

   \`\`\`sh
   kubectl${c} create secret generic ${$} --from-file=token=/dev/stdin
   \`\`\`
${r.length===0?"":`
   And the build secrets that the Dockerfiles ask for:

   \`\`\`sh
   kubectl${c} create secret generic ${b} ${r.map(u=>`--from-file=${u}=PATH`).join(" ")}
   \`\`\`
`}
3. The runner:

   \`\`\`sh
   kubectl apply -k ${t}/
   kubectl${c} rollout status deployment/${s}
   \`\`\`

Whoever can change a Dockerfile of this repository can read these secrets from a build step. Give the tokens no more than the
right to push these images and to read this repository.

Keep the secrets out of the repository, and out of this folder: an example applied over a real secret empties it.

## Build

\`\`\`sh
${m} /scripts/${p}
${m} /scripts/${p} "$(git rev-parse HEAD)"
${n.map(u=>`${m} /scripts/${S(u)}`).join(`
`)}
${m} env BRANCH=next /scripts/${p}
\`\`\`

With a commit, exactly that one is built, and the tag is \`${i}-<first 7 digits>\`; it must be pushed. Without one it is the
tip of \`${i}\`, and the tag holds the time. Prefer the commit: two images of one call can come from two commits when
somebody pushes in between.

The command ends when the build has ended, and its exit code is the build's: 0 when every image was pushed, else that of the
first that failed; 2 for a wrong argument; 75 when another build is going on. At the end it prints the digests, and the command
that rolls them out.

Ctrl-C ends \`kubectl\` alone: the build goes on in the pod. This stops it:

\`\`\`sh
${m} killall -q build-all.sh executor
\`\`\`

| part | what it is |
|---|---|
| \`deployment.yml\` | the pod: Kaniko's debug image, which has a shell; it passes the *baseline* Pod Security Standard |
| \`rbac.yml\` | the pod's service account, which may do nothing, and the role \`${s}-operator\` for people who start builds |
${l==="pvc"?"| `cache.yml` | 10 GiB for what `RUN --mount=type=cache` keeps between builds |\n":""}| \`scripts/\` | one script per image, and \`${p}\`; mounted at \`/scripts\` |

Who may start builds is given the role:

\`\`\`sh
kubectl${c} create rolebinding ${s}-operator --role=${s}-operator --user=NAME
\`\`\`

Layers are kept in \`<image>/cache\` in the registry, so that a build does only what changed. ${l==="pvc"?"Cache mounts are kept on a volume.":"Cache mounts are kept as long as the pod lives; with `--cache pvc` longer."}

## When it does not work

| what you see | what it is |
|---|---|
| pod stays in \`ContainerCreating\` | a secret is missing: \`kubectl${c} describe pod -l app.kubernetes.io/name=${s}\` names it |
| \`checking push permission \u2026 UNAUTHORIZED\` or \`DENIED\` | the login in \`${f(e)}\` is wrong, or may not push |
| \`authentication required\` while cloning | the repository is private: step 2, then \`kubectl${c} rollout restart deployment/${s}\` |
| exit code 137 | the build needed more memory than the node or the limit gives: \`builder.limits\` in \`image-release.yml\` |
| exit code 75 | another build is going on in this pod |

These images have neither SBOM nor provenance, and are built for the platform of the node. \`image-release release\` does more,
from a pod too: it attests, verifies, and rolls out by itself.
`}function W(e,t){let n=P(e);return[...Object.entries(U(e,Object.keys(n))).map(([o,i])=>({path:`${t}/${o}`,text:i})),...Object.entries(n).map(([o,i])=>({path:`${t}/scripts/${o}`,text:i,executable:!0})),{path:`${t}/README.md`,text:G(e,t)}]}function B({config:e,source:t,repository:n,cache:o}){let i=se(n??t.url),a=i===void 0?[ae(n)]:[],l=t.repository?.split("/")[0],c=e.images.flatMap(r=>{a.push(...ce(r,e));let{key:u,image:g}=r,K=e.place(`images.${u}.image`),v=O({key:u,registry:e.registry,image:g,owner:l,place:K});return v.status==="name"?[{...r,image:v.image}]:(a.push(v.problem),[])});C(a);let m=e.builder.settings.find(r=>r.type==="kaniko");return{images:c,repository:i??"",branch:t.defaultBranch??"main",settings:m??{type:"kaniko"},cache:o}}function se(e){let[,t]=/^https:\/\/(?:[^@/]*@)?([^?#]+?)\/*$/.exec(e??"")??[];if(t!==void 0)return t.endsWith(".git")?t:`${t}.git`}function ae(e){return{code:"scaffold/repository-unknown",severity:"error",message:e===void 0?"This checkout has no origin that can be cloned by https, and the runner builds from git.":"--repository is no https address.",fix:"Give it: --repository https://github.com/OWNER/NAME."}}function ce(e,t){let{key:n}=e;return[...Object.entries(e.contexts).map(([i,a])=>[`contexts.${i}`,`stands on the named context ${i} (${a})`]),...Object.keys(e.extra).map(i=>[i,`has the setting ${i} of a bake file`]),...e.dockerfileInline===void 0?[]:[["dockerfile","has its Dockerfile in a bake or compose file"]],.../^[a-z][a-z0-9+.-]*:|^git@/i.test(e.context)?[["context",`has a context outside of the repository (${e.context})`]]:[],...e.platforms.length>1?[["platforms","is built for several platforms, and the runner has one"]]:[]].map(([i,a])=>({code:"scaffold/not-buildable",severity:"error",image:n,message:`Image ${n} ${a}.`,fix:"The runner hands the Dockerfile to Kaniko as it stands; build this image by `image-release release --builder kaniko`.",place:t.place(`images.${n}.${i}`)}))}var me="k8s/kaniko",le={kaniko({words:e,options:t,command:n},o,{source:i}){let[a,...l]=e;if(a!=="init")throw x({code:"usage/missing-argument",message:a===void 0?"kaniko needs a subcommand.":`There is no \`kaniko ${a}\`.`,fix:"Run `image-release kaniko init` to write a runner for the cluster."});w({command:n,words:l});let c=(t.text("output")??me).replace(/^\.\//,"").replace(/\/+$/,""),m=ue(t.text("cache")??"emptyDir");return W(B({config:o,source:i,repository:t.text("repository"),cache:m}),c)},init(e,t){return w(e),N(t.images.map(({key:n})=>n))}};async function Pe(e,t,n,o){let{options:i}=t,a=le[e](t,n,o),l=i.has("dry-run")?"preview":"write",c=i.has("force")?"overwrite":"keep",m=await D(a,{root:o.root,existing:c,mode:l});if(i.has("json")){let r=m.map(({path:u,status:g})=>({path:u,status:l==="write"?g:F[g]}));return`${JSON.stringify({files:r},null,2)}
`}return`${m.map(r=>pe(r,l)).join(`
`)}
${l==="preview"?`Nothing was written.
`:de(e,a)}`}function ue(e){if(e==="emptyDir"||e==="pvc")return e;throw x({code:"usage/bad-option",message:`Expected \`--cache\` emptyDir or pvc, got \`${e}\`.`,fix:"Use pvc to keep cache mounts longer than the pod."})}function pe({path:e,status:t},n){return`${(n==="write"?t:F[t]).padEnd(n==="write"?11:15)}  ${e}`}var F={written:"would write",overwritten:"would overwrite",unchanged:"unchanged"};function de(e,t){return e==="init"?`Show their options: scripts/build-images-safe.sh --help
`:`Next: follow ${t.find(({path:o})=>o.endsWith("README.md"))?.path??""}
`}export{Pe as scaffold};
