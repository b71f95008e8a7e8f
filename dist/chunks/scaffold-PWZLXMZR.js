import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{c as I,d as A,e as L,g as j,i as D}from"./chunk-OBEVULFH.js";import{a as M,b as N}from"./chunk-RODUQ6FM.js";import{c as x}from"./chunk-3AZYC6DC.js";import"./chunk-QICRKWNI.js";import"./chunk-IIDAG3WJ.js";import{g as q}from"./chunk-R2ZACR3Z.js";import"./chunk-JMQ2BYPV.js";import"./chunk-FUU4VCPT.js";import{e as C,h as O}from"./chunk-2U6N2IEH.js";import"./chunk-KKXC3CJG.js";import"./chunk-RD3HXQCR.js";import{c as v,e as E,f as w}from"./chunk-GWG7C45G.js";import"./chunk-DIROYGKN.js";import{e as H}from"./chunk-TX2TMZPC.js";var U=H(q(),1);var c="kaniko-build-runner",z="kaniko-registry",g="kaniko-git",$="kaniko-build-secrets",k="/kaniko/build-secrets";function h({settings:e}){return e.registrySecret??z}function b({images:e}){return[...new Set(e.flatMap(({secrets:t})=>t.map(({id:n})=>n)))]}function _({config:e,source:t,repository:n,cache:i}){let s=V(n??t.url),r=s===void 0?[Y(n)]:[],u=t.repository?.split("/")[0],m=e.images.flatMap(o=>{r.push(...X(o,e));let{key:l,image:W}=o,K=e.place(`images.${l}.image`),S=O({key:l,registry:e.registry,image:W,owner:u,place:K});return S.status==="name"?[{...o,image:S.image}]:(r.push(S.problem),[])});w(r);let a=e.builder.settings.find(o=>o.type==="kaniko");return{images:m,repository:s??"",branch:t.defaultBranch??"main",settings:a??{type:"kaniko"},cache:i}}function V(e){let[,t]=/^https:\/\/(?:[^@/]*@)?([^?#]+?)\/*$/.exec(e??"")??[];if(t!==void 0)return t.endsWith(".git")?t:`${t}.git`}function Y(e){return v({code:"scaffold/repository-unknown",message:e===void 0?"This checkout has no origin that can be cloned by https, and the runner builds from git.":"--repository is no https address."})}function X(e,t){let{key:n,contexts:i,extra:s,context:r,platforms:u,dockerfileInline:m}=e,a=[];for(let[o,l]of Object.entries(i))a.push([`contexts.${o}`,`needs the named context ${o} (${l})`]);for(let o of Object.keys(s))a.push([o,`needs the setting ${o} of a bake file`]);return m!==void 0&&a.push(["dockerfile","has its Dockerfile in a bake or compose file"]),/^[a-z][a-z0-9+.-]*:|^git@/i.test(r)&&a.push(["context",`has a context outside the repository (${r})`]),u.length>1&&a.push(["platforms","has several platforms, and the runner has one"]),a.map(([o,l])=>v({code:"kaniko/unsupported",image:n,message:`Image ${n} ${l}.`,fix:"Change the image, or build it by `image-release release --builder kaniko`.",place:t.place(`images.${n}.${o}`)}))}var P="/results",Z={cpu:"500m",memory:"1Gi"},d={"app.kubernetes.io/name":c,"app.kubernetes.io/component":"build"};function G(e,t){return{"kustomization.yml":y(J(e,t)),"deployment.yml":y(Q(e)),"rbac.yml":se.map(y).join(`---
`),...e.cache==="pvc"&&{"cache.yml":y(oe)}}}function J({settings:e,cache:t},n){return{apiVersion:"kustomize.config.k8s.io/v1beta1",kind:"Kustomization",...e.namespace!==void 0&&{namespace:e.namespace},resources:["deployment.yml","rbac.yml",...t==="pvc"?["cache.yml"]:[]],configMapGenerator:[{name:`${c}-scripts`,files:n.map(i=>`scripts/${i}`),options:{labels:d}}]}}function Q(e){let{settings:t}=e,n=ie(e);return{apiVersion:"apps/v1",kind:"Deployment",metadata:{name:c,labels:d},spec:{replicas:1,strategy:{type:"Recreate"},selector:{matchLabels:{"app.kubernetes.io/name":c}},template:{metadata:{labels:d},spec:{serviceAccountName:t.serviceAccount??c,automountServiceAccountToken:!1,terminationGracePeriodSeconds:5,securityContext:{seccompProfile:{type:"RuntimeDefault"}},...t.nodeSelector&&{nodeSelector:t.nodeSelector},...t.tolerations&&{tolerations:t.tolerations},containers:[{name:"kaniko",image:ee(t.image),command:["/busybox/sh","-c",te],workingDir:P,env:ne(),securityContext:{runAsUser:0,allowPrivilegeEscalation:!1,capabilities:{drop:["ALL"],add:[...j]}},resources:D({requests:Z,...t}),volumeMounts:n.map(({mount:i})=>i)}],volumes:n.map(({volume:i})=>i)}}}}}function ee(e=L){let{name:t,tag:n="latest"}=C(e)??{name:e};return`${t}:${n.endsWith("debug")?n:n==="latest"?"debug":`${n}-debug`}`}var te="rm -rf /results/.building; trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done";function ne(){return[{name:"PATH",value:"/usr/local/bin:/kaniko:/busybox"},...Object.entries(A).map(([e,t])=>({name:e,value:t})),{name:"GIT_TOKEN",valueFrom:{secretKeyRef:{name:g,key:"token",optional:!0}}}]}function ie(e){let t=(n,i,s)=>({volume:{name:n,secret:s},mount:{name:n,mountPath:i,readOnly:!0}});return[{volume:{name:"scripts",configMap:{name:`${c}-scripts`,defaultMode:493}},mount:{name:"scripts",mountPath:"/scripts",readOnly:!0}},t("registry","/kaniko/.docker",{secretName:h(e),items:[{key:".dockerconfigjson",path:"config.json"}]}),...b(e).length===0?[]:[t("build-secrets",k,{secretName:$,defaultMode:256})],{volume:{name:"caches",...e.cache==="pvc"?{persistentVolumeClaim:{claimName:`${c}-cache`}}:{emptyDir:{}}},mount:{name:"caches",mountPath:"/kaniko/caches"}},{volume:{name:"results",emptyDir:{}},mount:{name:"results",mountPath:P}}]}var oe={apiVersion:"v1",kind:"PersistentVolumeClaim",metadata:{name:`${c}-cache`,labels:d},spec:{accessModes:["ReadWriteOnce"],resources:{requests:{storage:"10Gi"}}}},se=[{apiVersion:"v1",kind:"ServiceAccount",metadata:{name:c,labels:d},automountServiceAccountToken:!1},{apiVersion:"rbac.authorization.k8s.io/v1",kind:"Role",metadata:{name:`${c}-operator`,labels:d},rules:[{apiGroups:["apps"],resources:["deployments"],resourceNames:[c],verbs:["get","list","watch"]},{apiGroups:["apps"],resources:["replicasets"],verbs:["get","list"]},{apiGroups:[""],resources:["pods","pods/log"],verbs:["get","list","watch"]},{apiGroups:[""],resources:["pods/exec"],verbs:["create","get"]}]}];function y(e){return(0,U.stringify)(e,{lineWidth:0})}var p="build-all.sh",T="common.sh";function B(e){return{[T]:ce(e),...Object.fromEntries(e.images.map(t=>[R(t),re(t)])),[p]:ae(e.images)}}function R({key:e}){return`build-${e}.sh`}function re(e){let{key:t,context:n,dockerfile:i,target:s,args:r,labels:u,secrets:m}=e,a=[...n==="."?[]:[`--context-sub-path=${n}`],`--dockerfile=/kaniko/buildcontext/${i}`,`--cache-repo=${I(e.image,void 0)}`,...s===void 0?[]:[`--target=${s}`],...Object.entries(r).map(([o,l])=>`--build-arg=${o}=${l}`),...Object.entries(u).map(([o,l])=>`--label=${o}=${l}`),...m.map(({id:o})=>`--secret=id=${o},type=file,src=${k}/${o}`)];return`#!/busybox/sh
# Builds the image ${t} from git and pushes it: ${R(e)} [COMMIT]
set -eu

# shellcheck source=/dev/null
. "$(dirname "$0")/${T}"

build ${f(t)} ${f(e.image)} "\${1:-}" \\
${a.map(o=>`  ${f(o)}`).join(` \\
`)}
`}function ae(e){return`#!/busybox/sh
# Builds all images from git and pushes them: ${p} [COMMIT]
# Without a commit it is the tip of the branch. An image that fails does not keep the others from being built;
# the exit code is that of the first that failed.
set -u

here=$(dirname "$0")
# shellcheck source=/dev/null
. "$here/${T}"

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
`}function ce({repository:e,branch:t}){return`# shellcheck shell=sh
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
`}function f(e){return/^[A-Za-z0-9_./:=@%+,-]+$/.test(e)?e:/['$`]/.test(e)?`"${e.replaceAll(/[\\"$`]/g,String.raw`\$&`)}"`:`'${e}'`}function F(e,t){let n=B(e),i=G(e,Object.keys(n));return[...Object.entries(i).map(([s,r])=>({path:`${t}/${s}`,text:r})),...Object.entries(n).map(([s,r])=>({path:`${t}/scripts/${s}`,text:r,executable:!0})),{path:`${t}/README.md`,text:me(e,t)}]}function me(e,t){let{images:n,settings:i,branch:s,repository:r,cache:u}=e,m=i.namespace===void 0?"":` -n ${i.namespace}`,a=`kubectl${m} exec deployment/${c} --`,o=b(e);return`# A runner that builds images in the cluster

A Deployment with one pod that waits. A build is started in it by \`kubectl exec\`: [Kaniko](https://github.com/osscontainertools/kaniko)
clones \`${r}\`, builds, and pushes. Nothing is built until somebody asks, and no Job is left behind.

Written by \`image-release kaniko init\`. To change it, change \`image-release.yml\` and write it again.

## Set up

1. The registry's login, from the file that \`docker login\` writes. It must hold the login itself; a \`credsStore\`
   is a program of your machine and does not work in a pod.

   \`\`\`sh
   kubectl${m} create secret generic ${h(e)} --type=kubernetes.io/dockerconfigjson --from-file=.dockerconfigjson="$HOME/.docker/config.json"
   \`\`\`

2. For a private repository, a token that may read it. It is read from standard input, so that no shell keeps it.

   \`\`\`sh
   kubectl${m} create secret generic ${g} --from-file=token=/dev/stdin
   \`\`\`
${o.length===0?"":`
   And the build secrets that the Dockerfiles ask for:

   \`\`\`sh
   kubectl${m} create secret generic ${$} ${o.map(l=>`--from-file=${l}=PATH`).join(" ")}
   \`\`\`
`}
3. The runner:

   \`\`\`sh
   kubectl apply -k ${t}/
   kubectl${m} rollout status deployment/${c}
   \`\`\`

Whoever can change a Dockerfile of this repository can read these secrets from a build step. Give the tokens no more than the
right to push these images and to read this repository.

Keep the secrets out of the repository, and out of this folder: an example applied over a real secret empties it.

## Build

\`\`\`sh
${a} /scripts/${p}
${a} /scripts/${p} "$(git rev-parse HEAD)"
${n.map(l=>`${a} /scripts/${R(l)}`).join(`
`)}
${a} env BRANCH=next /scripts/${p}
\`\`\`

With a commit, exactly that one is built, and the tag is \`${s}-<first 7 digits>\`; it must be pushed. Without one it is the
tip of \`${s}\`, and the tag holds the time. Prefer the commit: two images of one call can come from two commits when
somebody pushes in between.

The command ends when the build has ended, and its exit code is the build's: 0 when every image was pushed, else that of the
first that failed; 2 for a wrong argument; 75 when another build is going on. At the end it prints the digests, and the command
that rolls them out.

Ctrl-C ends \`kubectl\` alone: the build goes on in the pod. This stops it:

\`\`\`sh
${a} killall -q build-all.sh executor
\`\`\`

| part | what it is |
|---|---|
| \`deployment.yml\` | the pod: Kaniko's debug image, which has a shell; it passes the *baseline* Pod Security Standard |
| \`rbac.yml\` | the pod's service account, which may do nothing, and the role \`${c}-operator\` for people who start builds |
${u==="pvc"?"| `cache.yml` | 10 GiB for what `RUN --mount=type=cache` keeps between builds |\n":""}| \`scripts/\` | one script per image, and \`${p}\`; mounted at \`/scripts\` |

Who may start builds is given the role:

\`\`\`sh
kubectl${m} create rolebinding ${c}-operator --role=${c}-operator --user=NAME
\`\`\`

Layers are kept in \`<image>/cache\` in the registry, so that a build does only what changed. ${u==="pvc"?"Cache mounts are kept on a volume.":"Cache mounts are kept as long as the pod lives; with `--cache pvc` longer."}

## When it does not work

| what you see | what it is |
|---|---|
| pod stays in \`ContainerCreating\` | a secret is missing: \`kubectl${m} describe pod -l app.kubernetes.io/name=${c}\` names it |
| \`checking push permission \u2026 UNAUTHORIZED\` or \`DENIED\` | the login in \`${h(e)}\` is wrong, or may not push |
| \`authentication required\` while cloning | the repository is private: step 2, then \`kubectl${m} rollout restart deployment/${c}\` |
| exit code 137 | the build needed more memory than the node or the limit gives: \`builder.limits\` in \`image-release.yml\` |
| exit code 75 | another build is going on in this pod |

These images have neither SBOM nor provenance, and are built for the platform of the node. \`image-release release\` does more,
from a pod too: it attests, verifies, and rolls out by itself.
`}var le="k8s/kaniko",ue={kaniko({words:e,options:t,command:n},i,{source:s}){let[r,...u]=e;if(r!=="init")throw E({code:"usage/missing-argument",message:r===void 0?"kaniko needs a word: init.":`There is no \`kaniko ${r}\`.`,fix:"`image-release kaniko init` writes a runner for the cluster."});x({command:n,words:u});let m=(t.text("output")??le).replace(/^\.\//,"").replace(/\/+$/,""),a=pe(t.text("cache")??"emptyDir");return F(_({config:i,source:s,repository:t.text("repository"),cache:a}),m)},init(e,t){return x(e),M(t.images.map(({key:n})=>n))}};async function Ne(e,t,n,i){let{options:s}=t,r=ue[e](t,n,i),u=s.has("dry-run")?"preview":"write",m=s.has("force")?"overwrite":"keep",a=await N(r,{root:i.root,existing:m,mode:u});return s.has("json")?`${JSON.stringify({files:a},null,2)}
`:`${a.map(de).join(`
`)}
${u==="preview"?`Nothing was written.
`:he(e,r)}`}function pe(e){if(e==="emptyDir"||e==="pvc")return e;throw E({code:"usage/bad-option",message:`--cache is emptyDir or pvc, here it is \`${e}\`.`,fix:"Give pvc to keep cache mounts longer than the pod lives."})}function de({path:e,status:t}){return`${t.padEnd(11)}  ${e}`}function he(e,t){return e==="init"?`Their options: scripts/build-images-safe.sh --help
`:`How to set it up: ${t.find(({path:i})=>i.endsWith("README.md"))?.path??""}
`}export{Ne as scaffold};
