import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{c as A,d as L,e as j,g as D,i as N}from"./chunk-UVDMELMO.js";import{a as M,b as _}from"./chunk-P7YCJFTB.js";import{c as x}from"./chunk-BTQCJSJK.js";import"./chunk-W2UIW4NY.js";import{g as z}from"./chunk-R2ZACR3Z.js";import"./chunk-FUU4VCPT.js";import"./chunk-H6YOXDMW.js";import{e as O,h as I}from"./chunk-EYILQMDE.js";import"./chunk-GGHEBOJF.js";import"./chunk-QSWUXVDI.js";import"./chunk-DIROYGKN.js";import"./chunk-JMQ2BYPV.js";import{d as w,f as E,g as T}from"./chunk-GMUVMXMU.js";import{e as q}from"./chunk-TX2TMZPC.js";var P=q(z(),1);var c="kaniko-build-runner",V="kaniko-registry",$="kaniko-git",k="kaniko-build-secrets",y="/kaniko/build-secrets";function f({settings:e}){return e.registrySecret??V}function b({images:e}){return[...new Set(e.flatMap(({secrets:t})=>t.map(({id:n})=>n)))]}function U({config:e,source:t,repository:n,cache:o}){let r=Y(n??t.url),s=r===void 0?[X(n)]:[],u=t.repository?.split("/")[0],m=e.images.flatMap(i=>{s.push(...Z(i,e));let{key:l,image:g}=i,H=e.place(`images.${l}.image`),v=I({key:l,registry:e.registry,image:g,owner:u,place:H});return typeof v=="string"?[{...i,image:v}]:(s.push(v),[])});T(s);let a=e.builder.settings.find(i=>i.type==="kaniko");return{images:m,repository:r??"",branch:t.defaultBranch??"main",settings:a??{type:"kaniko"},cache:o}}function Y(e){let[,t]=/^https:\/\/(?:[^@/]*@)?([^?#]+?)\/*$/.exec(e??"")??[];if(t!==void 0)return t.endsWith(".git")?t:`${t}.git`}function X(e){return w({code:"scaffold/repository-unknown",message:e===void 0?"This checkout has no origin that can be cloned by https, and the runner builds from git.":"--repository is no https address."})}function Z(e,t){let{key:n,contexts:o,extra:r,context:s,platforms:u,dockerfileInline:m}=e,a=[];for(let[i,l]of Object.entries(o))a.push([`contexts.${i}`,`needs the named context ${i} (${l})`]);for(let i of Object.keys(r))a.push([i,`needs the setting ${i} of a bake file`]);return m!==void 0&&a.push(["dockerfile","has its Dockerfile in a bake or compose file"]),/^[a-z][a-z0-9+.-]*:|^git@/i.test(s)&&a.push(["context",`has a context outside the repository (${s})`]),u.length>1&&a.push(["platforms","has several platforms, and the runner has one"]),a.map(([i,l])=>w({code:"kaniko/unsupported",image:n,message:`Image ${n} ${l}.`,fix:"Change the image, or build it by `image-release release --builder kaniko`.",place:t.place(`images.${n}.${i}`)}))}var F="/results",J={cpu:"500m",memory:"1Gi"},d={"app.kubernetes.io/name":c,"app.kubernetes.io/component":"build"};function G(e,t){return{"kustomization.yml":R(Q(e,t)),"deployment.yml":R(ee(e)),"rbac.yml":se.map(R).join(`---
`),...e.cache==="pvc"&&{"cache.yml":R(re)}}}function Q({settings:e,cache:t},n){return{apiVersion:"kustomize.config.k8s.io/v1beta1",kind:"Kustomization",...e.namespace!==void 0&&{namespace:e.namespace},resources:["deployment.yml","rbac.yml",...t==="pvc"?["cache.yml"]:[]],configMapGenerator:[{name:`${c}-scripts`,files:n.map(o=>`scripts/${o}`),options:{labels:d}}]}}function ee(e){let{settings:t}=e,n=oe(e);return{apiVersion:"apps/v1",kind:"Deployment",metadata:{name:c,labels:d},spec:{replicas:1,strategy:{type:"Recreate"},selector:{matchLabels:{"app.kubernetes.io/name":c}},template:{metadata:{labels:d},spec:{serviceAccountName:t.serviceAccount??c,automountServiceAccountToken:!1,terminationGracePeriodSeconds:5,securityContext:{seccompProfile:{type:"RuntimeDefault"}},...t.nodeSelector&&{nodeSelector:t.nodeSelector},...t.tolerations&&{tolerations:t.tolerations},containers:[{name:"kaniko",image:te(t.image),command:["/busybox/sh","-c",ne],workingDir:F,env:ie(),securityContext:{runAsUser:0,allowPrivilegeEscalation:!1,capabilities:{drop:["ALL"],add:[...D]}},resources:N({requests:J,...t}),volumeMounts:n.map(({mount:o})=>o)}],volumes:n.map(({volume:o})=>o)}}}}}function te(e=j){let{name:t,tag:n="latest"}=O(e)??{name:e};return`${t}:${n.endsWith("debug")?n:n==="latest"?"debug":`${n}-debug`}`}var ne="rm -rf /results/.building; trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done";function ie(){return[{name:"PATH",value:"/usr/local/bin:/kaniko:/busybox"},...Object.entries(L).map(([e,t])=>({name:e,value:t})),{name:"GIT_TOKEN",valueFrom:{secretKeyRef:{name:$,key:"token",optional:!0}}}]}function oe(e){let t=(n,o,r)=>({volume:{name:n,secret:r},mount:{name:n,mountPath:o,readOnly:!0}});return[{volume:{name:"scripts",configMap:{name:`${c}-scripts`,defaultMode:493}},mount:{name:"scripts",mountPath:"/scripts",readOnly:!0}},t("registry","/kaniko/.docker",{secretName:f(e),items:[{key:".dockerconfigjson",path:"config.json"}]}),...b(e).length===0?[]:[t("build-secrets",y,{secretName:k,defaultMode:256})],{volume:{name:"caches",...e.cache==="pvc"?{persistentVolumeClaim:{claimName:`${c}-cache`}}:{emptyDir:{}}},mount:{name:"caches",mountPath:"/kaniko/caches"}},{volume:{name:"results",emptyDir:{}},mount:{name:"results",mountPath:F}}]}var re={apiVersion:"v1",kind:"PersistentVolumeClaim",metadata:{name:`${c}-cache`,labels:d},spec:{accessModes:["ReadWriteOnce"],resources:{requests:{storage:"10Gi"}}}},se=[{apiVersion:"v1",kind:"ServiceAccount",metadata:{name:c,labels:d},automountServiceAccountToken:!1},{apiVersion:"rbac.authorization.k8s.io/v1",kind:"Role",metadata:{name:`${c}-operator`,labels:d},rules:[{apiGroups:["apps"],resources:["deployments"],resourceNames:[c],verbs:["get","list","watch"]},{apiGroups:["apps"],resources:["replicasets"],verbs:["get","list"]},{apiGroups:[""],resources:["pods","pods/log"],verbs:["get","list","watch"]},{apiGroups:[""],resources:["pods/exec"],verbs:["create","get"]}]}];function R(e){return(0,P.stringify)(e,{lineWidth:0})}var p="build-all.sh",C="common.sh";function B(e){return{[C]:me(e),...Object.fromEntries(e.images.map(t=>[S(t),ae(t)])),[p]:ce(e.images)}}function S({key:e}){return`build-${e}.sh`}function ae(e){let{key:t,context:n,dockerfile:o,target:r,args:s,labels:u,secrets:m}=e,a=[...n==="."?[]:[`--context-sub-path=${n}`],`--dockerfile=/kaniko/buildcontext/${o}`,`--cache-repo=${A(e.image,void 0)}`,...r===void 0?[]:[`--target=${r}`],...Object.entries(s).map(([i,l])=>`--build-arg=${i}=${l}`),...Object.entries(u).map(([i,l])=>`--label=${i}=${l}`),...m.map(({id:i})=>`--secret=id=${i},type=file,src=${y}/${i}`)];return`#!/busybox/sh
# Builds the image ${t} from git and pushes it: ${S(e)} [COMMIT]
set -eu

# shellcheck source=/dev/null
. "$(dirname "$0")/${C}"

build ${h(t)} ${h(e.image)} "\${1:-}" \\
${a.map(i=>`  ${h(i)}`).join(` \\
`)}
`}function ce(e){return`#!/busybox/sh
# Builds all images from git and pushes them: ${p} [COMMIT]
# Without a commit it is the tip of the branch. An image that fails does not keep the others from being built;
# the exit code is that of the first that failed.
set -u

here=$(dirname "$0")
# shellcheck source=/dev/null
. "$here/${C}"

commit=\${1:-}
check_commit "$commit"
# One tag for all of them, even if it is a time.
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
`}function me({repository:e,branch:t}){return`# shellcheck shell=sh
# Shared by the scripts that build.

# Where and what to build, to be overridden: kubectl exec \u2026 -- env BRANCH=next /scripts/${p}
REPOSITORY=\${REPOSITORY:-${h(e)}}
BRANCH=\${BRANCH:-${h(t)}}

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
`}function h(e){return/^[A-Za-z0-9_./:=@%+,-]+$/.test(e)?e:/['$`]/.test(e)?`"${e.replaceAll(/[\\"$`]/g,String.raw`\$&`)}"`:`'${e}'`}function K(e,t){let n=B(e),o=G(e,Object.keys(n));return[...Object.entries(o).map(([r,s])=>({path:`${t}/${r}`,text:s})),...Object.entries(n).map(([r,s])=>({path:`${t}/scripts/${r}`,text:s,executable:!0})),{path:`${t}/README.md`,text:le(e,t)}]}function le(e,t){let{images:n,settings:o,branch:r,repository:s,cache:u}=e,m=o.namespace===void 0?"":` -n ${o.namespace}`,a=`kubectl${m} exec deployment/${c} --`,i=b(e);return`# A runner that builds images in the cluster

A Deployment with one pod that waits. A build is started in it by \`kubectl exec\`: [Kaniko](https://github.com/osscontainertools/kaniko)
clones \`${s}\`, builds, and pushes. Nothing is built until you start it, and no Job is left behind.

Written by \`image-release kaniko init\`. To change it, change \`image-release.yml\` and write it again.

## Set up

1. The registry's login, from the file that \`docker login\` writes. It must hold the login itself; a \`credsStore\`
   is a program of your machine and does not work in a pod.

   \`\`\`sh
   kubectl${m} create secret generic ${f(e)} --type=kubernetes.io/dockerconfigjson --from-file=.dockerconfigjson="$HOME/.docker/config.json"
   \`\`\`

2. For a private repository, a token that may read it. It is read from standard input, so that no shell keeps it.

   \`\`\`sh
   kubectl${m} create secret generic ${$} --from-file=token=/dev/stdin
   \`\`\`
${i.length===0?"":`
   And the build secrets that the Dockerfiles ask for:

   \`\`\`sh
   kubectl${m} create secret generic ${k} ${i.map(l=>`--from-file=${l}=PATH`).join(" ")}
   \`\`\`
`}
3. The runner:

   \`\`\`sh
   kubectl apply -k ${t}/
   kubectl${m} rollout status deployment/${c}
   \`\`\`

Anyone who can change a Dockerfile of this repository can read these secrets from a build step. Give the tokens no more than the
right to push these images and to read this repository.

Keep the secrets out of the repository, and out of this folder: an example applied over a real secret empties it.

## Build

\`\`\`sh
${a} /scripts/${p}
${a} /scripts/${p} "$(git rev-parse HEAD)"
${n.map(l=>`${a} /scripts/${S(l)}`).join(`
`)}
${a} env BRANCH=next /scripts/${p}
\`\`\`

With a commit, exactly that one is built, and the tag is \`${r}-<first 7 digits>\`; it must be pushed. Without one it is the
tip of \`${r}\`, and the tag holds the time. Prefer the commit: two images of one call can come from two commits when
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

Give the role to everyone who may start builds:

\`\`\`sh
kubectl${m} create rolebinding ${c}-operator --role=${c}-operator --user=NAME
\`\`\`

Layers are kept in \`<image>/cache\` in the registry, so that a build does only what changed. ${u==="pvc"?"Cache mounts are kept on a volume.":"Cache mounts are kept as long as the pod lives; with `--cache pvc` longer."}

## When it does not work

| what you see | what it is |
|---|---|
| pod stays in \`ContainerCreating\` | a secret is missing: \`kubectl${m} describe pod -l app.kubernetes.io/name=${c}\` names it |
| \`checking push permission \u2026 UNAUTHORIZED\` or \`DENIED\` | the login in \`${f(e)}\` is wrong, or may not push |
| \`authentication required\` while cloning | the repository is private: step 2, then \`kubectl${m} rollout restart deployment/${c}\` |
| exit code 137 | the build needed more memory than the node or the limit gives: \`builder.limits\` in \`image-release.yml\` |
| exit code 75 | another build is going on in this pod |

These images have neither SBOM nor provenance, and are built for the platform of the node. \`image-release release\` does more,
from a pod too: it attests, verifies, and rolls out by itself.
`}var ue="k8s/kaniko",pe={kaniko({words:e,options:t,command:n},o,{source:r}){let[s,...u]=e;if(s!=="init")throw E({code:"usage/invalid",message:s===void 0?"kaniko needs a subcommand.":`There is no \`kaniko ${s}\`.`,fix:"Run `image-release kaniko init` to write a runner for the cluster."});x({command:n,words:u});let m=(t.text("output")??ue).replace(/^\.\//,"").replace(/\/+$/,""),a=de(t.text("cache")??"emptyDir");return K(U({config:o,source:r,repository:t.text("repository"),cache:a}),m)},init(e,t){return x(e),M(t.images.map(({key:n})=>n))}};async function _e(e,t,n,o){let{options:r}=t,s=pe[e](t,n,o),u=r.has("dry-run")?"preview":"write",m=r.has("force")?"overwrite":"keep",a=await _(s,{root:o.root,existing:m,mode:u});if(r.has("json")){let i=a.map(({path:l,status:g})=>({path:l,status:u==="write"?g:W[g]}));return`${JSON.stringify({files:i},null,2)}
`}return`${a.map(i=>fe(i,u)).join(`
`)}
${u==="preview"?`Nothing was written.
`:he(e,s)}`}function de(e){if(e==="emptyDir"||e==="pvc")return e;throw E({code:"usage/invalid",message:`Expected \`--cache\` emptyDir or pvc, got \`${e}\`.`,fix:"Use pvc to keep cache mounts longer than the pod."})}function fe({path:e,status:t},n){return`${(n==="write"?t:W[t]).padEnd(n==="write"?11:15)}  ${e}`}var W={written:"would write",overwritten:"would overwrite",unchanged:"unchanged"};function he(e,t){return e==="init"?`Show their options: scripts/build-images-safe.sh --help
`:`Next: follow ${t.find(({path:o})=>o.endsWith("README.md"))?.path??""}
`}export{_e as scaffold};
