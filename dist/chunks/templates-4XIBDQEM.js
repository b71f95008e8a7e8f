import{a as G,b as B}from"./chunk-RRY77TIE.js";import{c as I}from"./chunk-FLX45GYV.js";import{c as N,d as M,e as _,g as U,i as C,j as P}from"./chunk-2XLLEFUZ.js";import"./chunk-DTGKBLDC.js";import{a as O}from"./chunk-HM32J7VZ.js";import{Y as X}from"./chunk-WH2FAWZZ.js";import{C as D,z as j}from"./chunk-NPUG3EGQ.js";import"./chunk-2LUPOTBX.js";import{d as T,h as L}from"./chunk-YMO5YDNW.js";import"./chunk-NCYABJPQ.js";import{e as Y}from"./chunk-EPXOE4VI.js";var W=Y(X(),1);var m="kaniko-build-runner",b="kaniko-git",R="kaniko-build-secrets",w="/kaniko/build-secrets",$=({settings:e})=>e.registrySecret??"kaniko-registry";function S({images:e}){return[...new Set(e.flatMap(({secrets:t})=>t.map(({id:o})=>o)))]}function F(e){let{config:t,source:o,repository:n,cache:r}=e,a=Z(n??o.url),c=a===void 0?[T({code:"scaffold/repository-unknown",message:n===void 0?"This checkout has no origin that can be cloned by https, and the runner builds from git.":"--repository is no https address."})]:[],s=o.repository?.split("/")[0],i=t.images.flatMap(h=>{c.push(...J(h,t));let{key:p,image:g}=h,q=t.place(`images.${p}.image`),x=D({key:p,registry:t.registry,image:g,owner:s,place:q});return typeof x=="string"?[{...h,image:x}]:(c.push(x),[])});L(c);let l=t.builder.settings.find(h=>h.type==="kaniko"),y=o.defaultBranch??"main";return{images:i,repository:a??"",branch:y,settings:l??{type:"kaniko"},cache:r}}function Z(e){let[,t]=/^https:\/\/(?:[^@/]*@)?([^?#]+?)\/*$/.exec(e??"")??[];if(t!==void 0)return t.endsWith(".git")?t:`${t}.git`}function J(e,t){let{key:o,contexts:n,extra:r,context:a,platforms:u,dockerfileInline:c}=e,s=[];for(let[i,l]of Object.entries(n))s.push([`contexts.${i}`,`needs the named context ${i} (${l})`]);for(let i of Object.keys(r))s.push([i,`needs the setting ${i} of a bake file`]);return c!==void 0&&s.push(["dockerfile","has its Dockerfile in a bake or compose file"]),/^[a-z][a-z0-9+.-]*:|^git@/i.test(a)&&s.push(["context",`has a context outside the repository (${a})`]),u.length>1&&s.push(["platforms","has several platforms, and the runner has one"]),s.map(([i,l])=>T({code:"kaniko/unsupported",image:o,message:`Image ${o} ${l}.`,fix:"Change the image, or build it by `image-release release --builder kaniko`.",place:t.place(`images.${o}.${i}`)}))}var K="/results",Q={cpu:"500m",memory:"1Gi"},f={"app.kubernetes.io/name":m,"app.kubernetes.io/component":"build"};function H(e,t){return{"kustomization.yml":E(ee(e,t)),"deployment.yml":E(te(e)),"rbac.yml":re.map(E).join(`---
`),...e.cache==="pvc"&&{"cache.yml":E(se)}}}function ee({settings:e,cache:t},o){return{apiVersion:"kustomize.config.k8s.io/v1beta1",kind:"Kustomization",namespace:e.namespace,resources:["deployment.yml","rbac.yml",...t==="pvc"?["cache.yml"]:[]],configMapGenerator:[{name:`${m}-scripts`,files:o.map(n=>`scripts/${n}`),options:{labels:f}}]}}function te(e){let{settings:t}=e,o=ne(e);return{apiVersion:"apps/v1",kind:"Deployment",metadata:{name:m,labels:f},spec:{replicas:1,strategy:{type:"Recreate"},selector:{matchLabels:{"app.kubernetes.io/name":m}},template:{metadata:{labels:f},spec:{serviceAccountName:t.serviceAccount??m,automountServiceAccountToken:!1,terminationGracePeriodSeconds:5,securityContext:{seccompProfile:{type:"RuntimeDefault"}},nodeSelector:t.nodeSelector,tolerations:t.tolerations,containers:[{name:"kaniko",image:oe(t.image),command:["/busybox/sh","-c",ie],workingDir:K,env:[{name:"PATH",value:"/usr/local/bin:/kaniko:/busybox"},...Object.entries(M).map(([n,r])=>({name:n,value:r})),{name:"GIT_TOKEN",valueFrom:{secretKeyRef:{name:b,key:"token",optional:!0}}}],securityContext:{runAsUser:0,allowPrivilegeEscalation:!1,capabilities:{drop:["ALL"],add:[...U]}},resources:P({requests:Q,...t}),volumeMounts:o.map(({mount:n})=>n)}],volumes:o.map(({volume:n})=>n)}}}}}function oe(e=_){let{name:t,tag:o="latest"}=j(e)??{name:e};return`${t}:${o.endsWith("debug")?o:o==="latest"?"debug":`${o}-debug`}`}var ie="rm -rf /results/.building; trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done";function ne(e){return[{volume:{name:"scripts",configMap:{name:`${m}-scripts`,defaultMode:493}},mount:{name:"scripts",mountPath:"/scripts",readOnly:!0}},C("registry","/kaniko/.docker",{secretName:$(e),items:[{key:".dockerconfigjson",path:"config.json"}]}),...S(e).length===0?[]:[C("build-secrets",w,{secretName:R,defaultMode:256})],{volume:{name:"caches",...e.cache==="pvc"?{persistentVolumeClaim:{claimName:`${m}-cache`}}:{emptyDir:{}}},mount:{name:"caches",mountPath:"/kaniko/caches"}},{volume:{name:"results",emptyDir:{}},mount:{name:"results",mountPath:K}}]}var se={apiVersion:"v1",kind:"PersistentVolumeClaim",metadata:{name:`${m}-cache`,labels:f},spec:{accessModes:["ReadWriteOnce"],resources:{requests:{storage:"10Gi"}}}},re=[{apiVersion:"v1",kind:"ServiceAccount",metadata:{name:m,labels:f},automountServiceAccountToken:!1},{apiVersion:"rbac.authorization.k8s.io/v1",kind:"Role",metadata:{name:`${m}-operator`,labels:f},rules:[{apiGroups:["apps"],resources:["deployments"],resourceNames:[m],verbs:["get","list","watch"]},{apiGroups:["apps"],resources:["replicasets"],verbs:["get","list"]},{apiGroups:[""],resources:["pods","pods/log"],verbs:["get","list","watch"]},{apiGroups:[""],resources:["pods/exec"],verbs:["create","get"]}]}],E=e=>(0,W.stringify)(e,{lineWidth:0});var d="build-all.sh",A="common.sh";function z(e){return{[A]:me(e),...Object.fromEntries(e.images.map(t=>[v(t),ae(t)])),[d]:ce(e.images)}}var v=({key:e})=>`build-${e}.sh`;function ae(e){let{key:t,context:o,dockerfile:n,target:r,args:a,labels:u,secrets:c}=e,s=[...o==="."?[]:[`--context-sub-path=${o}`],`--dockerfile=/kaniko/buildcontext/${n}`,`--cache-repo=${N(e.image,void 0)}`,...r===void 0?[]:[`--target=${r}`],...Object.entries(a).map(([i,l])=>`--build-arg=${i}=${l}`),...Object.entries(u).map(([i,l])=>`--label=${i}=${l}`),...c.map(({id:i})=>`--secret=id=${i},type=file,src=${w}/${i}`)];return`#!/busybox/sh
# Builds the image ${t} from git and pushes it: ${v(e)} [COMMIT]
set -eu

# shellcheck source=/dev/null
. "$(dirname "$0")/${A}"

build ${k(t)} ${k(e.image)} "\${1:-}" \\
${s.map(i=>`  ${k(i)}`).join(` \\
`)}
`}function ce(e){return`#!/busybox/sh
# Builds all images from git and pushes them: ${d} [COMMIT]
# Without a commit it is the tip of the branch. An image that fails does not keep the others from being built;
# the exit code is that of the first that failed.
set -u

here=$(dirname "$0")
# shellcheck source=/dev/null
. "$here/${A}"

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

# Where and what to build, to be overridden: kubectl exec \u2026 -- env BRANCH=next /scripts/${d}
REPOSITORY=\${REPOSITORY:-${k(e)}}
BRANCH=\${BRANCH:-${k(t)}}

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
`}function k(e){return/^[A-Za-z0-9_./:=@%+,-]+$/.test(e)?e:/['$`]/.test(e)?`"${e.replaceAll(/[\\"$`]/g,String.raw`\$&`)}"`:`'${e}'`}function V(e,t){let o=z(e),n=H(e,Object.keys(o));return[...Object.entries(n).map(([r,a])=>({path:`${t}/${r}`,text:a})),...Object.entries(o).map(([r,a])=>({path:`${t}/scripts/${r}`,text:a,executable:!0})),{path:`${t}/README.md`,text:le(e,t)}]}function le(e,t){let{images:o,settings:n,branch:r,repository:a,cache:u}=e,c=n.namespace===void 0?"":` -n ${n.namespace}`,s=`kubectl${c} exec deployment/${m} --`,i=S(e);return`# A runner that builds images in the cluster

A Deployment with one pod that waits. A build is started in it by \`kubectl exec\`: [Kaniko](https://github.com/osscontainertools/kaniko)
clones \`${a}\`, builds, and pushes. Nothing is built until you start it, and no Job is left behind.

Written by \`image-release kaniko init\`. To change it, change \`image-release.yml\` and write it again.

## Set up

1. The registry's login, from the file that \`docker login\` writes. It must hold the login itself; a \`credsStore\`
   is a program of your machine and does not work in a pod.

   \`\`\`sh
   kubectl${c} create secret generic ${$(e)} --type=kubernetes.io/dockerconfigjson --from-file=.dockerconfigjson="$HOME/.docker/config.json"
   \`\`\`

2. For a private repository, a token that may read it. It is read from standard input, so that no shell keeps it.

   \`\`\`sh
   kubectl${c} create secret generic ${b} --from-file=token=/dev/stdin
   \`\`\`
${i.length===0?"":`
   And the build secrets that the Dockerfiles ask for:

   \`\`\`sh
   kubectl${c} create secret generic ${R} ${i.map(l=>`--from-file=${l}=PATH`).join(" ")}
   \`\`\`
`}
3. The runner:

   \`\`\`sh
   kubectl apply -k ${t}/
   kubectl${c} rollout status deployment/${m}
   \`\`\`

Anyone who can change a Dockerfile of this repository can read these secrets from a build step. Give the tokens no more than the
right to push these images and to read this repository.

Keep the secrets out of the repository, and out of this folder: an example applied over a real secret empties it.

## Build

\`\`\`sh
${s} /scripts/${d}
${s} /scripts/${d} "$(git rev-parse HEAD)"
${o.map(l=>`${s} /scripts/${v(l)}`).join(`
`)}
${s} env BRANCH=next /scripts/${d}
\`\`\`

With a commit, exactly that one is built, and the tag is \`${r}-<first 7 digits>\`; it must be pushed. Without one it is the
tip of \`${r}\`, and the tag holds the time. Prefer the commit: two images of one call can come from two commits when
somebody pushes in between.

The command ends when the build has ended, and its exit code is the build's: 0 when every image was pushed, else that of the
first that failed; 2 for a wrong argument; 75 when another build is going on. At the end it prints the digests, and the command
that rolls them out.

Ctrl-C ends \`kubectl\` alone: the build goes on in the pod. This stops it:

\`\`\`sh
${s} killall -q build-all.sh executor
\`\`\`

| part | what it is |
|---|---|
| \`deployment.yml\` | the pod: Kaniko's debug image, which has a shell; it passes the *baseline* Pod Security Standard |
| \`rbac.yml\` | the pod's service account, which may do nothing, and the role \`${m}-operator\` for people who start builds |
${u==="pvc"?"| `cache.yml` | 10 GiB for what `RUN --mount=type=cache` keeps between builds |\n":""}| \`scripts/\` | one script per image, and \`${d}\`; mounted at \`/scripts\` |

Give the role to everyone who may start builds:

\`\`\`sh
kubectl${c} create rolebinding ${m}-operator --role=${m}-operator --user=NAME
\`\`\`

Layers are kept in \`<image>/cache\` in the registry, so that a build does only what changed. ${u==="pvc"?"Cache mounts are kept on a volume.":"Cache mounts are kept as long as the pod lives; with `--cache pvc` longer."}

## When it does not work

| what you see | what it is |
|---|---|
| pod stays in \`ContainerCreating\` | a secret is missing: \`kubectl${c} describe pod -l app.kubernetes.io/name=${m}\` names it |
| \`checking push permission \u2026 UNAUTHORIZED\` or \`DENIED\` | the login in \`${$(e)}\` is wrong, or may not push |
| \`authentication required\` while cloning | the repository is private: step 2, then \`kubectl${c} rollout restart deployment/${m}\` |
| exit code 137 | the build needed more memory than the node or the limit gives: \`builder.limits\` in \`image-release.yml\` |
| exit code 75 | another build is going on in this pod |

These images have neither SBOM nor provenance, and are built for the platform of the node. \`image-release release\` does more,
from a pod too: it attests, verifies, and rolls out by itself.
`}var ue="k8s/kaniko";async function Ue(e,t,o,n){let{options:r}=t;e==="init"&&I(t);let a=e==="kaniko"?pe(t,o,n):G(o.images.map(({key:p})=>p)),u=r.has("dry-run")?"preview":"write",c=r.has("force")?"overwrite":"keep",s=await B(a,{root:n.root,existing:c,mode:u}),[i,l]=u==="write"?[de,11]:[he,15],y=s.map(({path:p,status:g})=>({path:p,status:i[g]}));return r.has("json")?`${JSON.stringify({files:y},null,2)}
`:`${y.map(({path:p,status:g})=>`${g.padEnd(l)}  ${p}
`).join("")}${u==="preview"?`Nothing was written.
`:fe(e,a)}`}function pe({words:e,options:t,command:o},n,{source:r}){let[a,...u]=e;if(a!=="init"){let i=a===void 0?"kaniko needs a subcommand.":`There is no \`kaniko ${a}\`.`;throw O(i,"Run `image-release kaniko init` to write a runner for the cluster.")}I({command:o,words:u});let c=(t.text("output")??ue).replace(/^\.\//,"").replace(/\/+$/,""),s=t.text("cache")??"emptyDir";if(s!=="emptyDir"&&s!=="pvc"){let i=`Expected \`--cache\` emptyDir or pvc, got \`${s}\`.`;throw O(i,"Use pvc to keep cache mounts longer than the pod.")}return V(F({config:n,source:r,repository:t.text("repository"),cache:s}),c)}var de={written:"written",overwritten:"overwritten",unchanged:"unchanged"},he={written:"would write",overwritten:"would overwrite",unchanged:"unchanged"};function fe(e,t){return e==="init"?`Show their options: scripts/build-images-safe.sh --help
`:`Next: follow ${t.find(({path:n})=>n.endsWith("README.md"))?.path??""}
`}export{Ue as scaffold};
