#!/usr/bin/env node
import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{$ as J,A as tt,Aa as At,B as K,Ba as It,Ca as Dt,D as nt,Da as Nt,E as ot,Ea as $e,F as rt,Fa as Lt,G as st,Ga as Mt,H as it,Ha as Gt,Ia as _t,J as at,Ja as Ft,K as x,Ka as Wt,L as ct,La as Bt,M as H,Ma as Ut,N as dt,Na as Kt,O as z,Oa as Ht,P as D,Pa as zt,Q as lt,Qa as Jt,R as ut,Ra as qt,S as mt,Sa as A,T as pt,Ta as N,U as ft,Ua as Vt,V as gt,Va as Yt,W as ht,Wa as Xt,X as yt,Xa as Y,_ as bt,a as F,b as j,c as W,da as q,ea as V,f as Fe,fa as $t,g as We,j as Ke,k as B,l as he,la as wt,m as E,ma as kt,n as He,na as St,o as Eo,oa as Rt,p as ze,pa as Et,q as Je,qa as $,r as U,ra as xt,sa as Ct,t as qe,ta as Ot,u as Ve,ua as vt,v as Ye,va as Tt,w as Xe,wa as ye,x as Qe,xa as Pt,y as Ze,ya as be,z as et,za as jt}from"../chunks/chunk-ZMPDD3XS.js";import"../chunks/chunk-3O5XQHSQ.js";import{a as Be,c as Ue}from"../chunks/chunk-GLVXAD5L.js";import"../chunks/chunk-KMFPTEAP.js";import"../chunks/chunk-DIROYGKN.js";import"../chunks/chunk-XFWW3MEX.js";import{a as k,b as m,c as y,d as Me,f as Ge,g as _e}from"../chunks/chunk-RIJVBBLD.js";import{e as Ro}from"../chunks/chunk-TX2TMZPC.js";import{rmSync as Ns}from"node:fs";import{homedir as Ls,tmpdir as Ms}from"node:os";import{resolve as Gs}from"node:path";import{createInterface as xo}from"node:readline/promises";var Co=5e3;async function Qt(e){let t=xo({input:process.stdin,output:process.stderr}),n=new Promise(o=>t.once("SIGINT",()=>o("yes")));try{let o=t.question(`${e} `,{signal:AbortSignal.timeout(Co)});return await Promise.race([n,o.then(r=>/^y(es)?$/i.test(r.trim())?"yes":"no")])}catch{return"no"}finally{t.close()}}import{parseArgs as Oo}from"node:util";var w={config:{description:"The configuration: YAML as in image-release.yml, or the path of a file. Default: image-release.yml in the repository root or in .github."},token:{description:"Token for the deploy commit (contents: write) and, when no registry-password is given, for ghcr.io (packages: write).",default:"${{ github.token }}"},"deploy-token":{description:"Token of an App, or a personal one, for the other repositories that `deploy.repository` names; where none is named, for the deploy commits and pull requests of this one. Default: `token`."},"registry-username":{description:"User name for the registry.",default:"${{ github.actor }}"},"registry-password":{description:"Password or token for the registry. Default for ghcr.io is the token."},images:{description:"Keys of the images to release, separated by commas or line breaks. Empty or `all` means all of them."},published:{description:"The `images` output of an earlier job. Those digests are deployed and nothing is built, so that build and deploy can be two jobs with different permissions."},tags:{description:"Further tags for the images, besides those of the rules, separated by commas or line breaks."},push:{description:"Whether images are published, one of auto, true, false. With auto, not for pull requests.",default:"auto"},deploy:{description:"Whether the Kustomizations are updated, one of auto, true, false. With auto, for the default branch, the branch that is deployed to, and tags.",default:"auto"},platforms:{description:"Platforms in place of the configured ones, separated by commas or line breaks."},builder:{description:"What builds the images, in place of the configured choice, one of auto, buildx, remote, kubernetes, kaniko, dispatch. Settings of that builder in the configuration count all the same."},"no-cache":{description:"Build every step anew (true or false).",default:"false"},force:{description:"Build also images whose inputs did not change (true or false).",default:"false"},"allow-rollback":{description:"Deploy even when the commit is older than what is deployed, or on another line of history (true or false).",default:"false"},"dry-run":{description:"Plan and check, but build, publish and commit nothing (true or false).",default:"false"}};var tn={short:"h",help:"Show help."},nn={directory:{short:"C",value:"DIR",help:"Run as if started in DIR."},json:{help:"Print the result as JSON on stdout; everything else goes to stderr."}},S={config:{value:"FILE",help:w.config.description},...nn},X={help:Z(w["dry-run"].description)},Q={platforms:{value:"LIST",help:w.platforms.description},builder:{value:"NAME",help:w.builder.description},"no-cache":{help:Z(w["no-cache"].description)},force:{help:Z(w.force.description)},tag:{value:"TAG",repeated:!0,help:"Publish the images under this tag, too."},push:{value:"auto|true|false",help:w.push.description}},Zt={"allow-rollback":{help:Z(w["allow-rollback"].description)}},C={"registry-username":{value:"NAME",help:`${w["registry-username"].description} Its password is read from IMAGE_RELEASE_REGISTRY_PASSWORD. Default: what \`docker login\` stored.`}},we={value:"NAME",help:"Only this channel; default: all that the configuration deploys to."},ke={help:"Do not ask the registry whether the images can be pulled."},en={force:{help:"Overwrite files that are there with another text."},"dry-run":{help:"Tell what would be written; write nothing."}},O={plan:{usage:"[KEY\u2026]",help:"Show what a release would do, and why.",options:{explain:{value:"KEY",help:"List every input of this image with its hash, and what differs from the one that is published."},offline:{help:"Ask no registry and no forge: fingerprints alone, nothing is compared."},...Q,deploy:{value:"auto|true|false",help:w.deploy.description},...C,...S},examples:["image-release plan","image-release plan api --json","image-release plan --explain api","image-release plan --offline --json"]},build:{usage:"[KEY\u2026]",help:"Build, attest and publish images; do not roll out.",options:{...Q,...C,"dry-run":X,...S},examples:["image-release build","image-release build api --platforms linux/amd64,linux/arm64"]},release:{usage:"[KEY\u2026]",help:"Build, attest, publish and roll out.",options:{...Q,deploy:{value:"auto|true|false",help:w.deploy.description},...Zt,...C,"dry-run":X,...S},examples:["image-release release","image-release release frontend","image-release release --dry-run"]},deploy:{usage:"--image KEY=REF:TAG[@DIGEST]\u2026",help:"Roll out images that were published elsewhere, through the same safe path.",options:{image:{value:"KEY=REF:TAG[@DIGEST]",repeated:!0,help:"Image to roll out; once per image."},source:{value:"SHA",help:"Commit that the images were built from; default: HEAD of the checkout."},run:{value:"N",help:"Number of the run that published them, for the commit\u2019s trailers."},...Zt,"no-registry-check":ke,...C,"dry-run":X,...S},examples:["image-release deploy --image api=ghcr.io/acme/api:main-1a2b3c4"]},status:{usage:"[KEY\u2026]",help:"Show what is deployed, since when and from which commit, and what is wrong with it.",options:{watch:{help:"First wait until the workflow run that releases this commit has ended; fail when it fails."},channel:we,"no-registry-check":ke,...C,...S},examples:["image-release status","image-release status api --json","image-release status --watch"]},rollback:{usage:"[KEY\u2026] [--to TAG|SHA|-N]",help:"Put an earlier release back; only commits newer than the present one undo that.",options:{to:{value:"TAG|SHA|-N",help:"Tag, source commit (7 digits or more) or number of releases back; default: -1."},channel:we,"no-registry-check":ke,...C,"dry-run":X,...S},examples:["image-release rollback","image-release rollback frontend --to main-1a2b3c4","image-release rollback api --to -2 --dry-run"]},verify:{usage:"[KEY\u2026]",help:"Verify that what is deployed is what is on record, that its attestations stand and who signed it.",options:{"trusted-root":{value:"FILE",help:"What signatures are verified against, as `gh attestation trusted-root` prints it; default: fetched from sigstore.dev or GitHub."},channel:we,...C,...S},examples:["image-release verify","image-release verify api --channel production","image-release verify --trusted-root trusted-root.jsonl"]},set:{usage:"FILE|DIR NAME=[NEWNAME][:TAG][@DIGEST]\u2026",help:"Edit the images of a Kustomization; no other byte changes. Works offline.",options:{add:{help:"Append an entry for a NAME that has none."},"dry-run":{help:"Print the change as a diff; write nothing."},...nn},examples:["image-release set k8s api=:main-1a2b3c4","image-release set k8s/kustomization.yml web=ghcr.io/acme/web:1.4.0"]},init:{usage:"--scripts",help:"Write scripts into the repository that have the options that such scripts use to have.",options:{scripts:{help:"scripts/build-images-safe.sh, kaniko-build.sh and check-build-status.sh."},...en,...S},examples:["image-release init --scripts","image-release init --scripts --dry-run"]},kaniko:{usage:"init",help:"Write a runner that builds in the cluster: a Deployment in which builds are started by kubectl exec.",options:{output:{value:"DIR",help:"Folder for it in the repository; default: k8s/kaniko."},repository:{value:"URL",help:"Where the runner clones from, by https; default: the origin."},cache:{value:"emptyDir|pvc",help:"What keeps cache mounts: emptyDir as long as the pod lives, pvc longer."},...en,...S},examples:["image-release kaniko init","image-release kaniko init --cache pvc --output deploy/kaniko"]},doctor:{usage:"",help:"Show what there is to build with, what each builder lacks, and which is taken.",options:{builder:Q.builder,...C,...S},examples:["image-release doctor","image-release doctor --json"]},schema:{usage:"",help:"Print the JSON Schema of image-release.yml.",options:{},examples:["image-release schema > image-release.schema.json"]}};function ee(e){return{...O[e].options,help:tn}}var te={...S,help:tn,version:{help:"Print the version."}};function Z(e){return e.replace(" (true or false)","")}function sn(e){let t=vo(e),n=t===-1?void 0:e[t];if(n===void 0)return rn(e,te,void 0).values.has("version")?{type:"version"}:{type:"help"};if(n==="help")return{type:"help",command:e[t+1]===void 0?void 0:on(e[t+1])};let o=on(n),{words:r,values:s}=rn([...e.slice(0,t),...e.slice(t+1)],ee(o),o);return s.has("help")?{type:"help",command:o}:{type:"command",command:o,words:r,options:s}}function vo(e){for(let t=0;t<e.length;t+=1){let n=e[t];if(!n.startsWith("-"))return t;["-C","--directory","--config"].includes(n)&&(t+=1)}return-1}function on(e){if(Object.hasOwn(O,e))return e;let t=E(e,Object.keys(O));throw m({code:"usage/unknown-command",message:`There is no command ${e}.`,fix:t===void 0?"See image-release --help.":`Did you mean \`image-release ${t}\`?`})}function rn(e,t,n){let o=Object.fromEntries(Object.entries(t).map(([r,s])=>[r,{type:s.value===void 0?"boolean":"string",multiple:!0,...s.short===void 0?{}:{short:s.short}}]));try{let{values:r,positionals:s}=Oo({args:To(e,t),options:o,allowPositionals:!0}),i=a=>r[a]??[];return{words:s,values:{text:a=>i(a).map(String).at(-1),list:a=>i(a).map(String),has:a=>i(a).length>0}}}catch(r){throw Po(r,t,n)}}function To(e,t){let n=e.indexOf("--"),o=r=>/^-\d+$/.test(e[r]??"")&&(n<0||r<n)&&t[/^--(.+)$/.exec(e[r-1]??"")?.[1]??""]?.value!==void 0;return e.flatMap((r,s)=>o(s)?[]:[o(s+1)?`${r}=${e[s+1]}`:r])}function Po(e,t,n){let o=`image-release ${n===void 0?"":`${n} `}--help`;if(e.code==="ERR_PARSE_ARGS_UNKNOWN_OPTION"){let r=/'-{0,2}([^']+)'/.exec(e.message)?.[1]??"",s=E(r,Object.keys(t));return m({code:"usage/unknown-option",message:`${n===void 0?"image-release":n} has no option ${r.length===1?"-":"--"}${r}.`,fix:s===void 0?`See ${o}.`:`Did you mean --${s}?`})}return m({code:"usage/bad-option",message:e.message.split(`
`)[0],fix:`See ${o}.`})}var jo={push:!0,attestations:!0,platforms:[],manyPlatforms:!1,cacheExport:!1,loopbackRegistry:!1},Ao={type:"auto",settings:[]};async function an(e){let{env:t,project:n}=e,o=n.status==="loaded"?n.config.builder:Ao,r=Wt({env:t,uid:e.uid}),{settings:s}=o,i=Ft({...e,machine:r,settings:s,trial:"always"}),[a,c]=await Promise.all([Io(r,i),n.status==="loaded"?n.checkPush():[]]),d={choice:{type:"auto",settings:s},facts:a,needs:n.status==="loaded"?Ot(n.plan):jo,workflows:e.workflows,uncommitted:e.uncommitted,beyondKaniko:[],clusterProblems:We,failed:[]},l=async u=>(await vt(u,i)).decision;return{facts:a,project:Do(n,o),...n.status==="loaded"&&{registry:{images:n.plan.images.map(({image:u})=>u),problems:c}},judged:(await Tt(d,i)).judged,auto:await l(d),...o.type==="listed"&&{configured:await l({...d,choice:o})}}}async function Io(e,t){let[n,o,r,s,i,a,c]=await Promise.all([t.docker(),t.storage(),t.builders(),t.endpoints(),t.emulation(),t.cluster(),t.forge()]);return{machine:e,docker:n,storage:o,builders:r,endpoints:s,emulation:i,cluster:a,forge:c}}function Do(e,{type:t,settings:n}){if(e.status==="broken")return e;let o=t==="auto"?t:n.map(r=>r.type).join(", ");return{status:"loaded",origin:e.config.origin,builder:o}}function cn({facts:e,registry:t}){return[["Environment",Lo(e.machine)],["Docker",Mo(e)],["Storage",Go(e)],["buildx",...Fo(e)],["BuildKit",...No(e.endpoints.map(Bo),"none found")],["Emulation",Uo(e)],["Cluster",Ko(e)],["GitHub",Ho(e)],...t===void 0?[]:[["Registry",zo(t)]]]}function No(e,t){return e.length>0?e:[t]}function Lo({place:e,pod:t,container:n,user:o}){let r={actions:()=>`GitHub Actions, ${e.kind==="actions"?e.runner:""} runner`,ci:()=>e.kind==="ci"?e.name:"",devpod:()=>`a workspace of ${e.kind==="devpod"?e.name:""}`,pod:()=>"a pod",container:()=>"a container",host:()=>"this machine"},s=t?.serviceAccount==="mounted"?"":" without a service account",i=t&&` in Kubernetes${t.namespace===void 0?"":`, namespace ${t.namespace}`}${s}`,a=t===void 0&&n!==void 0?` (a container: ${n})`:"";return`${r[e.kind]()}${i??a}, as ${o==="root"?"root":"an ordinary user"}`}function Mo({docker:e}){if(e.docker==="missing")return"not installed";let{server:t,client:n}=e;return t.status==="unreachable"?`client ${n}; no daemon: ${t.message}`:`${t.version}, ${t.imageStore} image store, storage driver ${t.storageDriver}, data root ${t.rootDirectory}`}function Go({storage:e}){if(e.seen==="no")return`not looked at: ${e.reason}`;let{path:t,fileSystem:n,mount:o,trial:r}=e,s=o===void 0?"":`, mounted at ${o.point}`;return`layers in ${t} on ${n}${s}; ${_o(r)}`}function _o(e){switch(e.result){case"mounted":return"an overlay can be mounted there";case"refused":return`an overlay can't be mounted there: ${e.error} (${e.message})`;case"not-tried":return`mounting an overlay was not tried: ${e.reason}`}}function Fo({docker:e,builders:t}){if(e.docker==="missing")return["not installed"];let{buildx:n}=e;if(n.status==="missing")return[`not installed: ${n.message}`];let o=n.builder.name;return[n.version,...t.map(r=>Wo(r,o))]}function Wo({name:e,driver:t,nodes:n,message:o},r){let s=e===r?" (in use)":"";if(o!==void 0)return`${e}${s}: ${t||"no driver"}, ${o}`;let i=n.map(({status:a,platforms:c})=>[a,...dn(c)].join(" "));return`${e}${s}: ${t}, ${i.join("; ")}`}function dn(e){return e.filter(t=>!/^linux\/amd64\/v\d$/.test(t))}function Bo({address:e,from:t,answer:n}){if(n.status!=="serves")return`${e} (${t}): ${n.message}`;let o=n.version===void 0?"":` ${n.version}`;return`${e} (${t}): BuildKit${o}, ${dn(n.platforms).join(", ")}`}function Uo({emulation:e}){return e.status==="unknown"?"not known here":e.platforms.length===0?"none set up":e.platforms.join(", ")}function Ko({cluster:e}){switch(e.status){case"no-kubectl":return"no kubectl";case"no-context":return`kubectl ${e.kubectl} has no cluster`;case"unreachable":case"unauthorized":return`${e.context===void 0?"the cluster":`context ${e.context}`} is ${e.status}: ${e.message}`;case"ready":{let{context:t,server:n,namespace:o,podSecurity:r,rights:s}=e,i=s.filter(({allowed:a})=>!a).length;return[t===void 0?"the pod\u2019s own cluster":`context ${t}`,n,`namespace ${o}${r===void 0?"":` (enforces ${r})`}`,i===0?"all rights":`${i} of ${s.length} rights missing`].join(", ")}}}function Ho({forge:{repository:e,gh:t,token:n}}){let o=e??"no repository on GitHub",r={missing:"gh is not installed","logged-out":"gh is not logged in","logged-in":"gh is logged in"};return`${o}, ${n===void 0?"no token":`a token from ${n.from}`}, ${r[t]}`}function zo({images:e,problems:t}){let n=new Set(t.map(({image:o})=>o)).size;return t.length===0?`${e.join(", ")} may be pushed`:`of ${e.join(", ")}, ${n} can't be pushed; see below`}function mn({auto:e,configured:t}){return(t??e).status==="chosen"?0:1}function pn(e,t){let n=cn(e),o=Math.max(...n.map(([i])=>i.length)),{project:r,registry:s}=e;return[...n.flatMap(([i,...a])=>a.map((c,d)=>`${t.strong((d===0?i:"").padEnd(o))}  ${c}`)),"",t.strong("Builders"),...e.judged.flatMap(i=>Jo(i,t)),"",...Vo(e,t),...(s?.problems??[]).map(i=>$(i,t)),...(r.status==="broken"?r.problems:[]).map(i=>$(i,t)),""].join(`
`)}var ln=Math.max(...Be.map(e=>e.length));function Jo({type:e,verdict:t},n){let[o,r]=qo(t,n),s=" ".repeat(ln+6),[i="",...a]=r;return[`  ${o} ${e.padEnd(ln)}  ${i}`,...a.map(c=>`${s}${c}`)]}function qo(e,t){if(e.status==="usable")return[t.good("\u2713"),[e.how,...e.warnings.map(({message:s})=>t.faint(s))]];let n=ye(e).flatMap(({reason:s,fix:i})=>[s,t.faint(`\u2192 ${i}`)]),r=(e.status==="impossible"?e.problems.map(s=>s.detail??""):[]).filter(s=>s!=="").flatMap(s=>s.split(`
`));return[e.status==="absent"?t.faint("\u2013"):t.bad("\u2717"),[...n,...r.map(t.faint)]]}function Vo({auto:e,configured:t,project:n,judged:o},r){let s=(i,a)=>a.status==="chosen"?`${r.good("\u2713")} ${i} builds with ${Yo(a.id,o,a)}`:`${r.bad("\u2717")} ${i} finds nothing that can build here.`;return[...t===void 0||n.status==="broken"?[]:[s(`builder: ${n.builder}`,t)],s("auto",e)]}function Yo(e,t,{sentence:n}){let o=t.find(r=>r.id===e)?.verdict;return o?.status==="usable"?`${o.how}.`:n}function fn(e){let{facts:t,project:n,registry:o,judged:r,auto:s,configured:i}=e;return{facts:t,project:n,...o&&{registry:o},builders:r.map(({id:a,type:c,verdict:d})=>({id:a,type:c,...d.status==="usable"?{status:"usable",with:d.how,warnings:d.warnings}:{status:d.status,objections:ye(d),codes:Xo(d)}})),auto:un(s),...i&&{configured:un(i)}}}function Xo(e){return e.status==="impossible"?e.problems.map(({code:t})=>t):[]}function un(e){if(e.status==="impossible")return e;let{status:t,id:n,builder:o,sentence:r,warnings:s}=e;return{status:t,id:n,type:o.type,sentence:r,warnings:s}}async function hn(e){let t=!1;try{return await e.inWorld(async(n,o,{request:r})=>{t=!0;let s=await n.probe(),{plan:i}=mt(o,s,r);return gn(e,{project:{status:"loaded",config:o,plan:i,checkPush:()=>n.check({...i,deploy:[]},[],{type:"release",order:r.order})},...yn(s.source),workflows:s.checkout.workflows,uncommitted:s.uncommitted,signal:n.signal})})}catch(n){if(t||!(n instanceof k))throw n;return gn(e,{project:{status:"broken",problems:n.problems},...await Qo(e)})}}async function gn({env:e,uid:t,directory:n},o){let r=await an({...o,env:e,uid:t,run:F,root:n});return{to:"stdout",exitCode:mn(r),text:s=>pn(r,s),json:fn(r)}}async function Qo({directory:e,env:t}){try{let n=await K({cwd:e,env:t,now:0}),{workflows:o}=Gt(n.root);return{...yn(n.source),workflows:o,uncommitted:n.uncommitted}}catch(n){if(n instanceof k)return{workflows:[],uncommitted:[]};throw n}}function yn({repository:e,url:t}){return e===void 0||t===void 0?{}:{repository:e,forgeHost:new URL(t).host}}import{tmpdir as Zo}from"node:os";async function bn(e,t,n,o){let r={checkout:t.root,env:o,temporaryFolder:Zo()},s={...r,remote:"origin",branch:t.source.defaultBranch??"main"},i=l=>U({...s,clockwork:l}),{repository:a}=t.source,c=Xe(e,n.deploy,a),d=c.other===void 0?void 0:await er(t,o);return{openHistory:i,openTarget({repository:l,branch:u},p){if(l!==void 0&&Ve(l)){let R=Qe(e.deployToken);return U({...r,...R,remote:l,branch:u,clockwork:p})}let f=l===void 0?c.own:c.other;if(d!==void 0&&f!==void 0){let R=Ye(l??a??"");return qe({octokit:d(f),...R,branch:u,clockwork:p})}let h=l===void 0?"origin":tt(t.remote??"",l);if(h===void 0)throw tr(l??"");return U({...r,remote:h,branch:u,clockwork:p})}}}function Se({source:{repository:e,url:t}},n){let o=n.GITHUB_SERVER_URL||(e&&t?new URL(t).origin:"https://github.com");return{serverUrl:o,apiUrl:ne(o,n)}}function ne(e,t){let{host:n}=new URL(e);return t.GITHUB_API_URL??(n==="github.com"?"https://api.github.com":`https://${n}/api/v3`)}async function er({source:{repository:e,url:t}},n){if(e===void 0||t===void 0)return;let[{Octokit:o},{restEndpointMethods:r}]=await Promise.all([import("../chunks/dist-src-64SBDPYC.js"),import("../chunks/dist-src-VOCVYFS6.js")]),s=ne(t,n),i=o.plugin(r);return a=>new i({auth:a.reveal(),baseUrl:s,userAgent:Y})}function tr(e){return m({code:"deploy/repository-missing",message:`Where ${e} lies is not known: this checkout's origin is no forge.`,fix:"Set deploy.repository to the URL of the repository."})}var nr=`Exit codes
  0    done, also when there was nothing to do
  1    failed
  2    usage or configuration
  3    left alone: what is deployed is newer, or can't be put in order
  130  cancelled`,or=`Environment
  GITHUB_TOKEN, GH_TOKEN           commit through the GitHub API instead of git push
  IMAGE_RELEASE_DEPLOY_TOKEN       token for deploy commits, in place of these
  IMAGE_RELEASE_REGISTRY_USERNAME  user for the registry
  IMAGE_RELEASE_REGISTRY_PASSWORD  its password or token
  NO_COLOR                         no colours`;function $n(e){return e===void 0?rr():sr(e,O[e])}function rr(){let e=Math.max(...Object.keys(O).map(t=>t.length));return["image-release: from a push to a safe rollout. Builds all images of a repository, attests, publishes and deploys them.",`Usage
  image-release COMMAND [options]`,`Commands
${Object.entries(O).map(([t,{help:n}])=>`  ${t.padEnd(e)}  ${n}`).join(`
`)}`,wn(te),or,nr,"image-release COMMAND --help shows the options of a command."].join(`

`)}function sr(e,t){return[t.help,`Usage
  image-release ${e} ${t.usage}`.trimEnd(),wn(ee(e)),`Examples
${t.examples.map(n=>`  ${n}`).join(`
`)}`].join(`

`)}var ir=100;function wn(e){let t=Object.entries(e).map(([s,i])=>[`${i.short===void 0?"":`-${i.short}, `}--${s}${i.value===void 0?"":` ${i.value}`}`,i.help]),n=Math.min(30,Math.max(...t.map(([s])=>s.length))),o=" ".repeat(n+4);return`Options
${t.flatMap(([s,i])=>{let[a="",...c]=ar(i,ir-o.length);return[`  ${s.padEnd(n)}  ${a}`,...c.map(d=>`${o}${d}`)]}).join(`
`)}`}function ar(e,t){let n=[""];for(let o of e.split(" ")){let r=n.at(-1);r!==""&&r.length+1+o.length>t?n.push(o):n[n.length-1]=r===""?o:`${r} ${o}`}return n}function Re({command:e,words:t,options:n},o){e==="deploy"&&T({command:e,words:t});let r=He(l=>cr(l,n,t),l=>l==="images"?"KEY":`--${l}`),s={build:"false",release:r.deploy,plan:r.deploy},i=o.GITHUB_TOKEN||o.GH_TOKEN,a=o.IMAGE_RELEASE_DEPLOY_TOKEN,c=o.IMAGE_RELEASE_REGISTRY_PASSWORD,d=n.text("registry-username")??o.IMAGE_RELEASE_REGISTRY_USERNAME;if(n.has("registry-username")&&!c)throw m({code:"usage/missing-argument",message:"--registry-username was given without a password.",fix:"Set IMAGE_RELEASE_REGISTRY_PASSWORD; passwords are never taken from the command line."});return{config:r.config,request:{...r,deploy:s[e]??"true"},until:e==="plan"?"plan":n.has("dry-run")?"preflight":"deploy",compare:n.has("offline")?"offline":"published",explain:n.text("explain"),token:i?new B(i):void 0,deployToken:a?new B(a):void 0,username:d,password:c?new B(c):void 0,trustedRoot:n.text("trusted-root"),registryCheck:n.has("no-registry-check")?"none":"registry",source:dr(n.text("source")),run:lr(n.text("run"))}}function cr(e,t,n){switch(e){case"images":return n.join(",");case"tags":return t.list("tag").join(",");case"no-cache":case"force":case"allow-rollback":return t.has(e)?"true":"";case"config":case"push":case"deploy":case"platforms":case"builder":return t.text(e)??"";default:return""}}function kn({options:e}){let t=e.list("image");if(t.length===0)throw m({code:"usage/missing-argument",message:"There is nothing to deploy: no --image was given.",fix:"Give one --image KEY=REF:TAG[@DIGEST] for each image."});let n=[],o=t.flatMap(s=>{let[,i,a]=/^([^=]+)=(.+)$/.exec(s)??[],c=a===void 0?void 0:j(a);return i===void 0||c?.tag===void 0?(n.push({code:"usage/bad-image",severity:"error",message:`--image ${s} is not KEY=REF:TAG[@DIGEST]${c===void 0?"":": the tag is missing"}.`,fix:"Write for example --image api=ghcr.io/acme/api:main-1a2b3c4."}),[]):[{key:i,image:c.name,releaseTag:c.tag,digest:c.digest}]}),r=o.find(({key:s},i)=>o.findIndex(a=>a.key===s)!==i);return r!==void 0&&n.push({code:"usage/bad-image",severity:"error",message:`--image names ${r.key} twice.`,fix:"Give each image once."}),y(n),o}function dr(e){if(e===void 0||/^[0-9a-f]{7,64}$/.test(e))return e;throw m({code:"usage/bad-option",message:`--source ${e} is not a commit id.`,fix:"Give the commit in hexadecimal digits, as `git rev-parse HEAD` prints it."})}function lr(e){if(e!==void 0){if(/^\d{1,15}$/.test(e))return{id:e,number:Number(e),attempt:1,url:""};throw m({code:"usage/bad-option",message:`--run ${e} is not a number.`,fix:"Give the number of the run that published the images."})}}function T({command:e,words:t}){if(t.length!==0)throw m({code:"usage/bad-option",message:`${e} takes no argument ${t.join(" ")}.`,fix:`See image-release ${e} --help.`})}var Sn=Ro(Eo(),1);var g="kaniko-build-runner",ur="kaniko-registry",oe="kaniko-git",re="kaniko-build-secrets",se="/kaniko/build-secrets";function L({settings:e}){return e.registrySecret??ur}function ie({images:e}){return[...new Set(e.flatMap(({secrets:t})=>t.map(({id:n})=>n)))]}var Rn="/results",I={"app.kubernetes.io/name":g,"app.kubernetes.io/component":"build"};function En(e,t){return{"kustomization.yml":ae(mr(e,t)),"deployment.yml":ae(pr(e)),"rbac.yml":wr.map(ae).join(`---
`),...e.cache==="pvc"&&{"cache.yml":ae($r)}}}function mr({settings:e,cache:t},n){return{apiVersion:"kustomize.config.k8s.io/v1beta1",kind:"Kustomization",...e.namespace!==void 0&&{namespace:e.namespace},resources:["deployment.yml","rbac.yml",...t==="pvc"?["cache.yml"]:[]],configMapGenerator:[{name:`${g}-scripts`,files:n.map(o=>`scripts/${o}`),options:{labels:I}}]}}function pr(e){let{settings:t}=e,n=br(e);return{apiVersion:"apps/v1",kind:"Deployment",metadata:{name:g,labels:I},spec:{replicas:1,strategy:{type:"Recreate"},selector:{matchLabels:{"app.kubernetes.io/name":g}},template:{metadata:{labels:I},spec:{serviceAccountName:t.serviceAccount??g,automountServiceAccountToken:!1,terminationGracePeriodSeconds:5,securityContext:{seccompProfile:{type:"RuntimeDefault"}},...t.nodeSelector&&{nodeSelector:t.nodeSelector},...t.tolerations&&{tolerations:t.tolerations},containers:[{name:"kaniko",image:fr(t.image),command:["/busybox/sh","-c",gr],workingDir:Rn,env:hr(),securityContext:{runAsUser:0,allowPrivilegeEscalation:!1,capabilities:{drop:["ALL"],add:[...Ht]}},resources:yr(e),volumeMounts:n.map(({mount:o})=>o)}],volumes:n.map(({volume:o})=>o)}}}}}function fr(e=Kt){let{name:t,tag:n="latest"}=j(e)??{name:e};return`${t}:${n.endsWith("debug")?n:n==="latest"?"debug":`${n}-debug`}`}var gr="rm -rf /results/.building; trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done";function hr(){return[{name:"PATH",value:"/usr/local/bin:/kaniko:/busybox"},...Object.entries(Ut).map(([e,t])=>({name:e,value:t})),{name:"GIT_TOKEN",valueFrom:{secretKeyRef:{name:oe,key:"token",optional:!0}}}]}function yr({settings:e}){let t=({cpu:n,memory:o,ephemeralStorage:r})=>({...n!==void 0&&{cpu:n},...o!==void 0&&{memory:o},...r!==void 0&&{"ephemeral-storage":r}});return{requests:t(e.requests??{cpu:"500m",memory:"1Gi"}),...e.limits&&{limits:t(e.limits)}}}function br(e){let t=(n,o,r)=>({volume:{name:n,secret:r},mount:{name:n,mountPath:o,readOnly:!0}});return[{volume:{name:"scripts",configMap:{name:`${g}-scripts`,defaultMode:493}},mount:{name:"scripts",mountPath:"/scripts",readOnly:!0}},t("registry","/kaniko/.docker",{secretName:L(e),items:[{key:".dockerconfigjson",path:"config.json"}]}),...ie(e).length===0?[]:[t("build-secrets",se,{secretName:re,defaultMode:256})],{volume:{name:"caches",...e.cache==="pvc"?{persistentVolumeClaim:{claimName:`${g}-cache`}}:{emptyDir:{}}},mount:{name:"caches",mountPath:"/kaniko/caches"}},{volume:{name:"results",emptyDir:{}},mount:{name:"results",mountPath:Rn}}]}var $r={apiVersion:"v1",kind:"PersistentVolumeClaim",metadata:{name:`${g}-cache`,labels:I},spec:{accessModes:["ReadWriteOnce"],resources:{requests:{storage:"10Gi"}}}},wr=[{apiVersion:"v1",kind:"ServiceAccount",metadata:{name:g,labels:I},automountServiceAccountToken:!1},{apiVersion:"rbac.authorization.k8s.io/v1",kind:"Role",metadata:{name:`${g}-operator`,labels:I},rules:[{apiGroups:["apps"],resources:["deployments"],resourceNames:[g],verbs:["get"]},{apiGroups:["apps"],resources:["replicasets"],verbs:["get","list"]},{apiGroups:[""],resources:["pods","pods/log"],verbs:["get","list","watch"]},{apiGroups:[""],resources:["pods/exec"],verbs:["create","get"]}]}];function ae(e){return(0,Sn.stringify)(e,{lineWidth:0})}var v="build-all.sh",Ee="common.sh";function xn(e){return{[Ee]:Rr(e),...Object.fromEntries(e.images.map(t=>[ce(t),kr(t)])),[v]:Sr(e.images)}}function ce({key:e}){return`build-${e}.sh`}function kr(e){let{key:t,context:n,dockerfile:o,target:r,args:s,labels:i,secrets:a}=e,c=[...n==="."?[]:[`--context-sub-path=${n}`],`--dockerfile=/kaniko/buildcontext/${o}`,`--cache-repo=${Bt(e.image,void 0)}`,...r===void 0?[]:[`--target=${r}`],...Object.entries(s).map(([d,l])=>`--build-arg=${d}=${l}`),...Object.entries(i).map(([d,l])=>`--label=${d}=${l}`),...a.map(({id:d})=>`--secret=id=${d},type=file,src=${se}/${d}`)];return`#!/busybox/sh
# Builds the image ${t} from git and pushes it: ${ce(e)} [COMMIT]
set -eu

# shellcheck source=/dev/null
. "$(dirname "$0")/${Ee}"

build ${M(t)} ${M(e.image)} "\${1:-}" \\
${c.map(d=>`  ${M(d)}`).join(` \\
`)}
`}function Sr(e){return`#!/busybox/sh
# Builds all images from git and pushes them: ${v} [COMMIT]
# Without a commit it is the tip of the branch. An image that fails does not keep the others from being built;
# the exit code is that of the first that failed.
set -u

here=$(dirname "$0")
# shellcheck source=/dev/null
. "$here/${Ee}"

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
`}function Rr({repository:e,branch:t}){return`# shellcheck shell=sh
# What the scripts that build have in common.

# Where and what to build, to be overridden: kubectl exec \u2026 -- env BRANCH=next /scripts/${v}
REPOSITORY=\${REPOSITORY:-${M(e)}}
BRANCH=\${BRANCH:-${M(t)}}

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
`}function M(e){return/^[A-Za-z0-9_./:=@%+,-]+$/.test(e)?e:/['$`]/.test(e)?`"${e.replaceAll(/[\\"$`]/g,String.raw`\$&`)}"`:`'${e}'`}function Cn(e,t){let{images:n,settings:o,branch:r,repository:s,cache:i}=e,a=o.namespace===void 0?"":` -n ${o.namespace}`,c=`kubectl${a} exec deployment/${g} --`,d=ie(e);return`# A runner that builds images in the cluster

A Deployment with one pod that waits. A build is started in it by \`kubectl exec\`: [Kaniko](https://github.com/osscontainertools/kaniko)
clones \`${s}\`, builds, and pushes. Nothing is built until somebody asks, and no Job is left behind.

Written by \`image-release kaniko init\`. To change it, change \`image-release.yml\` and write it again.

## Set up

1. The registry's login, from the file that \`docker login\` writes. It must hold the login itself; a \`credsStore\`
   is a program of your machine and does not work in a pod.

   \`\`\`sh
   kubectl${a} create secret generic ${L(e)} --type=kubernetes.io/dockerconfigjson --from-file=.dockerconfigjson="$HOME/.docker/config.json"
   \`\`\`

2. For a private repository, a token that may read it. It is read from standard input, so that no shell keeps it.

   \`\`\`sh
   kubectl${a} create secret generic ${oe} --from-file=token=/dev/stdin
   \`\`\`
${d.length===0?"":`
   And the build secrets that the Dockerfiles ask for:

   \`\`\`sh
   kubectl${a} create secret generic ${re} ${d.map(l=>`--from-file=${l}=PATH`).join(" ")}
   \`\`\`
`}
3. The runner:

   \`\`\`sh
   kubectl apply -k ${t}/
   kubectl${a} rollout status deployment/${g}
   \`\`\`

Whoever can change a Dockerfile of this repository can read these secrets from a build step. Give the tokens no more than the
right to push these images and to read this repository.

Keep the secrets out of the repository, and out of this folder: an example applied over a real secret empties it.

## Build

\`\`\`sh
${c} /scripts/${v}
${c} /scripts/${v} "$(git rev-parse HEAD)"
${n.map(l=>`${c} /scripts/${ce(l)}`).join(`
`)}
${c} env BRANCH=next /scripts/${v}
\`\`\`

With a commit, exactly that one is built, and the tag is \`${r}-<first 7 digits>\`; it must be pushed. Without one it is the
tip of \`${r}\`, and the tag holds the time. Prefer the commit: two images of one call can come from two commits when
somebody pushes in between.

The command ends when the build has ended, and its exit code is the build's: 0 when every image was pushed, else that of the
first that failed; 2 for a wrong argument; 75 when another build is going on. At the end it prints the digests, and the command
that rolls them out.

| part | what it is |
|---|---|
| \`deployment.yml\` | the pod: Kaniko's debug image, which has a shell; it passes the *baseline* Pod Security Standard |
| \`rbac.yml\` | the pod's service account, which may do nothing, and the role \`${g}-operator\` for people who start builds |
${i==="pvc"?"| `cache.yml` | 10 GiB for what `RUN --mount=type=cache` keeps between builds |\n":""}| \`scripts/\` | one script per image, and \`${v}\`; mounted at \`/scripts\` |

Who may start builds is given the role:

\`\`\`sh
kubectl${a} create rolebinding ${g}-operator --role=${g}-operator --user=NAME
\`\`\`

Layers are kept in \`<image>/cache\` in the registry, so that a build does only what changed. ${i==="pvc"?"Cache mounts are kept on a volume.":"Cache mounts are kept as long as the pod lives; with `--cache pvc` longer."}

## When it does not work

| what you see | what it is |
|---|---|
| pod stays in \`ContainerCreating\` | a secret is missing: \`kubectl${a} describe pod -l app.kubernetes.io/name=${g}\` names it |
| \`checking push permission \u2026 UNAUTHORIZED\` or \`DENIED\` | the login in \`${L(e)}\` is wrong, or may not push |
| \`authentication required\` while cloning | the repository is private: step 2, then \`kubectl${a} rollout restart deployment/${g}\` |
| exit code 137 | the build needed more memory than the node or the limit gives: \`builder.limits\` in \`image-release.yml\` |
| exit code 75 | another build is going on in this pod |

These images have neither SBOM nor provenance, and are built for the platform of the node. \`image-release release\` does more,
from a pod too: it attests, verifies, and rolls out by itself.
`}function On(e,t){let n=xn(e);return[...Object.entries(En(e,Object.keys(n))).map(([o,r])=>({path:`${t}/${o}`,text:r})),...Object.entries(n).map(([o,r])=>({path:`${t}/scripts/${o}`,text:r,executable:!0})),{path:`${t}/README.md`,text:Cn(e,t)}]}function vn({config:e,source:t,repository:n,cache:o}){let r=Er(n??t.url),s=r===void 0?[xr(n)]:[],i=t.repository?.split("/")[0],a=e.images.flatMap(d=>{s.push(...Cr(d,e));let{key:l,image:u}=d,p=e.place(`images.${l}.image`),f=W({key:l,registry:e.registry,image:u,owner:i,place:p});return f.status==="name"?[{...d,image:f.image}]:(s.push(f.problem),[])});y(s);let c=e.builder.settings.find(d=>d.type==="kaniko");return{images:a,repository:r??"",branch:t.defaultBranch??"main",settings:c??{type:"kaniko"},cache:o}}function Er(e){let[,t]=/^https:\/\/(?:[^@/]*@)?([^?#]+?)\/*$/.exec(e??"")??[];if(t!==void 0)return t.endsWith(".git")?t:`${t}.git`}function xr(e){return{code:"scaffold/repository-unknown",severity:"error",message:e===void 0?"This checkout has no origin that can be cloned by https, and the runner builds from git.":"--repository is no https address.",fix:"Give it: --repository https://github.com/OWNER/NAME."}}function Cr(e,t){let{key:n}=e;return[...Object.entries(e.contexts).map(([r,s])=>[`contexts.${r}`,`stands on the named context ${r} (${s})`]),...Object.keys(e.extra).map(r=>[r,`has the setting ${r} of a bake file`]),...e.dockerfileInline===void 0?[]:[["dockerfile","has its Dockerfile in a bake or compose file"]],.../^[a-z][a-z0-9+.-]*:|^git@/i.test(e.context)?[["context",`has a context outside of the repository (${e.context})`]]:[],...e.platforms.length>1?[["platforms","is built for several platforms, and the runner has one"]]:[]].map(([r,s])=>({code:"scaffold/not-buildable",severity:"error",image:n,message:`Image ${n} ${s}.`,fix:"The runner hands the Dockerfile to Kaniko as it stands; build this image by `image-release release --builder kaniko`.",place:t.place(`images.${n}.${r}`)}))}function Tn(e){return[{path:"scripts/build-images-safe.sh",text:Or(e),executable:!0},{path:"scripts/kaniko-build.sh",text:vr,executable:!0},{path:"scripts/check-build-status.sh",text:Tr,executable:!0}]}var xe=`IMAGE_RELEASE=\${IMAGE_RELEASE:-image-release}
if ! command -v "$IMAGE_RELEASE" >/dev/null; then
  printf '%s is not installed: npm install --global github:ardenone/image-release\\n' "$IMAGE_RELEASE" >&2
  exit 127
fi
`;function Or(e){return`#!/bin/sh
# Builds the images of this repository, wherever that works. All of it is done by image-release;
# this script only has the options that such scripts use to have.
set -eu

usage() {
  cat <<'END'
Usage: scripts/build-images-safe.sh [OPTION]\u2026

Without --push the images are built, to prove that they build, and nothing is published.

  --push          publish the images
  --dry-run       plan and check; build and publish nothing
${e.map(n=>`--${n}-only`).map((n,o)=>`  ${n.padEnd(15)} build ${e[o]} alone; several of these add up`).join(`
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

${xe}
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
${e.map(n=>`    --${n}-only) keys="$keys ${n}" ;;`).join(`
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
`}var vr=`#!/bin/sh
# Builds the images of this repository in the cluster, a Kaniko pod for each, and publishes them.
# Arguments go on to image-release build: keys of images, --dry-run, --no-cache, --tag TAG \u2026
set -eu

${xe}
exec "$IMAGE_RELEASE" build --builder=kaniko "$@"
`,Tr=`#!/bin/sh
# Shows what is deployed; with --watch it waits until the release of this commit is, or its run has failed.
# Arguments go on to image-release status.
set -eu

${xe}
exec "$IMAGE_RELEASE" status "$@"
`;import{chmod as Pr,mkdir as jr,readFile as Ar,writeFile as Ir}from"node:fs/promises";import{dirname as Dr,join as Pn}from"node:path";async function jn(e,t){let n=await Promise.all(e.map(o=>Nr(o,t.root)));if(t.existing==="keep"&&y(n.filter(Lr).map(Mr)),t.mode==="write")for(let{file:o,status:r}of n)r!=="unchanged"&&await Gr(o,t.root);return n.map(({file:{path:o},status:r})=>({path:o,status:r}))}async function Nr(e,t){let n=await Ar(Pn(t,e.path),"utf8").catch(o=>{if(o.code!=="ENOENT")throw o});return n===void 0?{file:e,status:"written"}:{file:e,status:n===e.text?"unchanged":"overwritten"}}function Lr({status:e}){return e==="overwritten"}function Mr({file:e}){return{code:"scaffold/file-exists",severity:"error",message:`${e.path} is there already, with another text.`,fix:"Give --force to overwrite it (git keeps the old text), or move it away.",place:{file:e.path}}}async function Gr({path:e,text:t,executable:n},o){let r=Pn(o,e);await jr(Dr(r),{recursive:!0}),await Ir(r,t),n===!0&&await Pr(r,493)}var _r="k8s/kaniko",An={kaniko({words:e,options:t,command:n},o,{source:r}){let[s,...i]=e;if(s!=="init")throw m({code:"usage/missing-argument",message:s===void 0?"kaniko needs a word: init.":`There is no \`kaniko ${s}\`.`,fix:"`image-release kaniko init` writes a runner for the cluster."});T({command:n,words:i});let a=(t.text("output")??_r).replace(/^\.\//,"").replace(/\/+$/,""),c=Fr(t.text("cache")??"emptyDir");return On(vn({config:o,source:r,repository:t.text("repository"),cache:c}),a)},init(e,t){if(T(e),e.options.has("scripts"))return Tn(t.images.map(({key:n})=>n));throw m({code:"usage/missing-argument",message:"init was not told what to write.",fix:"Give --scripts for the wrapper scripts."})}};function In(e){return Object.hasOwn(An,e)}async function Dn(e,t,n,o){let{options:r}=t,s=An[e](t,n,o),i=r.has("dry-run")?"preview":"write",a=r.has("force")?"overwrite":"keep",c=await jn(s,{root:o.root,existing:a,mode:i});return r.has("json")?`${JSON.stringify({files:c},null,2)}
`:`${c.map(Wr).join(`
`)}
${i==="preview"?`Nothing was written.
`:Br(e,s)}`}function Fr(e){if(e==="emptyDir"||e==="pvc")return e;throw m({code:"usage/bad-option",message:`--cache is emptyDir or pvc, here it is \`${e}\`.`,fix:"Give pvc to keep cache mounts longer than the pod lives."})}function Wr({path:e,status:t}){return`${t.padEnd(11)}  ${e}`}function Br(e,t){return e==="init"?`Their options: scripts/build-images-safe.sh --help
`:`How to set it up: ${t.find(({path:o})=>o.endsWith("README.md"))?.path??""}
`}import{randomBytes as Ur}from"node:crypto";import{chmod as Kr,lstat as Nn,open as Ln,readdir as Hr,readFile as zr,rename as Jr,rm as qr,stat as _n}from"node:fs/promises";import{basename as Vr,dirname as Yr,join as Ce,resolve as Fn}from"node:path";var Mn=["kustomization.yaml","kustomization.yml","Kustomization"];async function Wn(e){let{cwd:t,specs:n,missing:o,mode:r}=e,s=await Qr(e.path,t),i=Fn(t,s),a=await de(`read ${s}`,s,()=>zr(i)),c=Xr(s,a,n,o);if(c.status==="unchanged")return{status:"unchanged",path:s};r==="write"&&await de(`write ${s}`,s,()=>Zr(i,c.bytes));let d=new TextDecoder("utf-8",{ignoreBOM:!0}),l=At(s.replaceAll("\\","/"),d.decode(a),d.decode(c.bytes));return{status:"changed",path:s,changes:c.changes,diff:l}}function Xr(e,t,n,o){let r=[],s=d=>{try{return d()}catch(l){if(!(l instanceof k))throw l;r.push(...l.problems);return}};if(n.length===0)throw m({code:"image/invalid-spec",message:"No image is given.",fix:"Name at least one: NAME=:TAG, such as api=:main-1a2b3c4."});let a=n.map(d=>s(()=>It(d))).filter(d=>d!==void 0),c=s(()=>Nt({path:e,bytes:t,edits:a,missing:o}));return y(r),c}async function Qr(e,t){let n=Fn(t,e),o=await de(`find ${e}`,e,()=>_n(n),{code:"deploy/kustomization-missing",message:`There is no file or folder ${e}.`,fix:"Name a Kustomization, or the folder that holds it."});if(!o.isDirectory()){if((await Nn(n)).isSymbolicLink())throw Gn(e);if(o.isFile())return e;throw m({code:"deploy/kustomization-missing",message:`${e} is not a file.`,fix:"Name a Kustomization, or the folder that holds it."})}let r=new Set(await de(`read the folder ${e}`,e,()=>Hr(n))),[s,...i]=Mn.filter(c=>r.has(c));if(s===void 0)throw m({code:"deploy/kustomization-missing",message:`The folder ${e} holds none of ${Mn.join(", ")}.`,fix:"Name the folder that holds one, or the file itself."});if(i.length>0)throw m({code:"deploy/kustomization-ambiguous",message:`The folder ${e} holds ${[s,...i].join(" and ")}; kustomize refuses it.`,fix:"Keep one of them."});let a=Ce(e,s);if((await Nn(Ce(n,s))).isSymbolicLink())throw Gn(a);return a}async function Zr(e,t){let{mode:n,uid:o,gid:r}=await _n(e),s=Ce(Yr(e),`.${Vr(e)}.${Ur(6).toString("hex")}`);await(await Ln(e,"r+")).close();let i;try{i=await Ln(s,"wx",n),await i.writeFile(t),await i.chown(o,r).catch(()=>{}),await i.sync(),await i.close(),await Kr(s,n),await Jr(s,e)}catch(a){throw await i?.close().catch(()=>{}),await qr(s,{force:!0}),a}}async function de(e,t,n,o){try{return await n()}catch(r){let s=r.code;throw o&&(s==="ENOENT"||s==="ENOTDIR")?m(o,{cause:r}):m({code:"deploy/write-failed",message:`Can not ${e}: ${_e(r)}.`,fix:"Check the permissions of the file and of its folder.",place:{file:t}},{cause:r})}}function Gn(e){return m({code:"deploy/kustomization-symlink",message:`${e} is a symbolic link; writing would replace the link, not the file.`,fix:"Name the file that it points to."})}async function Bn({words:e,options:t},n,o){let[r,...s]=e;if(r===void 0)throw m({code:"usage/missing-argument",message:"There is nothing to edit: no file was given.",fix:"Name a Kustomization or its folder, then the images: image-release set k8s api=:main-1a2b3c4."});let i=t.has("dry-run"),a=await Wn({path:r,cwd:n,specs:s,missing:t.has("add")?"add":"refuse",mode:i?"preview":"write"});return o(t.has("json")?`${JSON.stringify(a,null,2)}
`:es(a,i)),0}function es(e,t){return e.status==="unchanged"?t?"":`${e.path} names these images already.
`:t?e.diff:`${e.changes.map(({name:o,before:r,after:s,line:i})=>`${e.path}:${i}  ${r??`${o} (new)`} \u2192 ${s}`).join(`
`)}
`}var Kn={type:"steps",back:1},ts=7,ns=10;function Hn(e,t,n,o=()=>{}){let r=[],s=[];for(let i of t){let a=A(e,i);if(a===void 0){s.push(cs(e,i));continue}let{current:c,newest:d,image:l}=a,u=n.type==="steps"?os(a,n.back,o):ss(a,n.name);if(u===void 0)s.push(is(i.key,a,n));else if(u==="several")s.push(as(i.key,a,n));else{let f=(a.status==="rolled-back"||u===c)&&$e(u.source,d)?"unpinned":"pinned";r.push({key:i.key,image:l,from:c,to:u,newest:d,effect:f})}}return{choices:r,problems:s}}function zn(e){let[,t]=/^-(\d{1,4})$/.exec(e)??[];return t===void 0?{type:"named",name:e}:{type:"steps",back:Number(t)}}function os(e,t,n){return le(e).filter(o=>!rs(e,o,n))[t-1]}function rs(e,t,n){if(e.status!=="rolled-back")return!1;if($e(t.source,e.newest))return!0;let o=n(e,t);if(o==="ahead")return!0;if(o==="behind")return!1;let[r,s]=[t.source.run,e.current.source.run];return r!==void 0&&s!==void 0&&r>s}function ss(e,t){let n=[e.current,...le(e)],o=n.find(({tag:s})=>s===t);if(o||t.length<ts)return o;let r=n.filter(({source:s})=>s.commit.startsWith(t.toLowerCase()));return new Set(r.map(({source:s})=>s.commit)).size>1?"several":r[0]}function le({current:e,history:t}){let n=new Set([Un(e)]);return t.filter(o=>{let r=Un(o);return n.has(r)?!1:n.add(r)})}function Un({tag:e,digest:t}){return`${e}@${t??""}`}function is(e,t,n){let o=le(t),{current:r}=t;if(o.length===0)return{code:"deploy/no-such-release",severity:"error",message:`${e} has no earlier release on record: ${r.tag} is the only one.`,fix:`Name another one in full: image-release deploy --image ${e}=${t.image}:TAG --allow-rollback.`,image:e};let s=n.type==="named"?n.name:void 0,i=s===void 0?void 0:E(s,[r,...o].map(({tag:a})=>a));return{code:"deploy/no-such-release",severity:"error",message:n.type==="steps"?`${e} has no ${n.back===1?"release":`${n.back} releases`} before ${r.tag}.`:`${e} was never released as ${n.name}, nor from such a commit, as far as the record goes.`,fix:i===void 0?"Give --to one of those that are listed.":`Did you mean --to ${i}?`,detail:Jn(t),image:e}}function as(e,t,n){return{code:"deploy/no-such-release",severity:"error",message:`${e} has releases of several commits that begin with ${n.type==="named"?n.name:""}.`,fix:"Give more digits of the commit, or the tag.",detail:Jn(t),image:e}}function cs(e,{key:t,image:n}){return{code:"deploy/no-history",severity:"error",message:`The ledger of channel ${e.channel} knows no release of ${t}${n===void 0?"":` (${n})`}.`,fix:`Name the release yourself: image-release deploy --image ${t}=${n??"REF"}:TAG --allow-rollback.`,image:t}}function Jn(e){let t=[e.current,...le(e)],n=t.slice(0,ns),o=Math.max(...n.map(({tag:i})=>i.length)),r=n.map(({tag:i,at:a,source:c},d)=>{let l=a.replace(/^(\S{10})T(\S{5}).*$/,"$1 $2 UTC");return`${i.padEnd(o)}  ${l}  from ${c.commit.slice(0,7)}${d===0?"  (deployed now)":""}`}),s=t.length-n.length;return[...r,...s>0?[`and ${s} more`]:[]].join(`
`)}function P(e){return pe(e).some(({severity:t})=>t==="error")?1:0}function Xn(e,t,n){return`${[...e.flatMap(r=>[ve(r,n),...r.images.flatMap(s=>Te(s,t,n))]),...pe(e).map(r=>$(r,n)),Pe(e,{sound:"as recorded",unsound:"as recorded"},n),...us(e,n)].join(`
`)}
`}function ve({channel:e,branch:t,repository:n},o){let r=`on branch ${t}${n===void 0?"":` of ${n}`}`;return`${o.strong(e)}  ${o.faint(r)}`}function Te(e,t,n){let{key:o,image:r,standing:s,files:i,served:a}=e,{tag:c,digest:d}=N(s),l=[r??"",c===void 0?"":`:${c}`].join(""),u=i.flatMap(({entries:h})=>h.map(({place:R})=>Ge({...R,column:void 0}))),p=e.problems.some(({code:h})=>h==="deploy/drifted"),f=[...u.length===0?[]:[u.join(", ")],...p?[n.bad("drifted from the record")]:[],...s.status==="absent"?[]:[ds[a.status](n)]];return[`  ${n.strong(o)}  ${l}${d===void 0?"":`  ${n.faint(q(d))}`}`,`    ${ls(s,t)}`,...f.length===0?[]:[`    ${f.join(" \xB7 ")}`]]}var ds={served:e=>e.good("served by the registry"),moved:e=>e.bad("its tag was moved in the registry"),untagged:e=>e.bad("its tag is gone from the registry"),gone:e=>e.bad("gone from the registry"),unanswered:e=>e.bad("the registry did not answer"),unasked:e=>e.faint("the registry was not asked")};function ls(e,t){switch(e.status){case"absent":return"not deployed";case"unrecorded":return"not on record: this is what the Kustomization says";case"proposed":return`proposed ${ue(e,t)}${qn(e)}`;case"rolled-back":return`rolled back ${ue(e,t)}${qn(e)}; pinned until something newer than ${me(e.pinned)} comes`;case"deployed":return`deployed ${ue(e,t)}`;case"unchanged":return`deployed ${ue(e,t)}; the newest release found it in place`}}function ue({release:e},t){let n=e.commit===void 0?"":`, by commit ${e.commit.slice(0,7)}`;return`${`${V(new Date(e.at),t)} (${$t(e.at)})`} from ${me(e.source)}${n}`}function qn(e){return e.pullRequest===void 0?"":`, waits in pull request #${e.pullRequest.number} (${e.pullRequest.url})`}function me({commit:e,run:t}){return`${e.slice(0,7)}${t===void 0?"":`, run ${t}`}`}function Pe(e,t,n){let o=e.flatMap(c=>c.images),r=Oe(o.filter(({problems:c})=>Vn(c)).map(({key:c})=>c));if(r.length>0)return`${n.bad("\u2717")} ${n.strong(`${x(r)} ${Yn(r,"does","do")} not stand ${t.unsound}.`)}`;if(e.some(({problems:c})=>Vn(c)))return`${n.bad("\u2717")} ${n.strong("Not everything could be read.")}`;let s=Oe(o.filter(({standing:c})=>"release"in c).map(({key:c})=>c)),i=Oe(o.map(({key:c})=>c)).filter(c=>!s.includes(c)),a=[...s.length>0?[`${x(s)} ${Yn(s,"stands","stand")} ${t.sound}.`]:[],...i.length>0?[`${x(i)}: nothing is on record yet.`]:[]].join(" ");return`${n.good("\u2713")} ${n.strong(a)}`}function us(e,t){let n=e.flatMap(({images:o})=>o).find(({previous:o})=>o!==void 0);return n===void 0||P(e)!==0?[]:[t.faint(`  Back to ${n.previous}: image-release rollback ${n.key} --to ${n.previous}`)]}function Qn(e){return{sound:P(e)===0,channels:e.map(t=>je(t,()=>({})))}}function je(e,t){let{images:n,...o}=e;return{...o,images:Object.fromEntries(n.map(r=>[r.key,{...ms(r),...t(r)}]))}}function ms({image:e,standing:t,files:n,served:o,problems:r}){let s="release"in t?t.release:void 0;return{image:e,status:t.status,...N(t),since:s?.at,source:s?.source,commit:s?.commit,pinned:"pinned"in t?t.pinned:void 0,pullRequest:"pullRequest"in t?t.pullRequest:void 0,registry:{status:o.status,digest:"digest"in o?o.digest:void 0},files:n.flatMap(({path:i,entries:a})=>a.map(({place:c,...d})=>({file:i,line:c.line,...d}))),problems:r}}function pe(e){return e.flatMap(({problems:t,images:n})=>[...t,...n.flatMap(o=>o.problems)])}function Vn(e){return e.some(({severity:t})=>t==="error")}function Yn(e,t,n){return e.length===1?t:n}function Oe(e){return[...new Set(e)]}function Zn(e){return fe(e).length>0?ct:0}function eo(e,t,n){return`${[...e.warnings.map(r=>$(r,n)),...e.channels.flatMap(({channel:r,choices:s,deployments:i})=>[`${n.strong(r)}`,...s.map(a=>`  ${ps(a,t,n)}`),...i.map(a=>Et(a,n))]),fs(e,n),...ys(e).map(r=>`  ${r}`)].join(`
`)}
`}function ps({key:e,from:t,to:n},o,r){let s=`deployed ${V(new Date(n.at),o)} from ${me(n.source)}`;return t===n?`${r.strong(e)}  stays at ${n.tag}`:`${r.strong(e)}  ${t.tag} \u2192 ${n.tag} ${r.faint(`(${s})`)}`}function fs(e,t){let n=fe(e),o=no(e).filter(({key:c})=>!n.includes(c)),r=x([...new Set(o.map(({key:c,to:d})=>`${c} to ${d.tag}`))]),s=c=>`${t.good("\u2713")} ${t.strong(c)}`;if(e.status==="planned")return s(`Would roll back ${r}; nothing was done (dry run).`);let i=`Did not roll back ${x(n)}: a newer release has landed meanwhile and stays.`;if(o.length===0)return`${t.bad("\u2717")} ${t.strong(i)}`;let a=`${gs[hs(e)](r)}`;return n.length===0?s(a):`${t.bad("\u2717")} ${t.strong(`${a} ${i}`)}`}var gs={committed:e=>`Rolled back ${e}.`,proposed:e=>`Proposed to roll back ${e}; the pull request has to be merged.`,unchanged:e=>`Nothing to write for ${e}: the Kustomization says it already.`};function hs({channels:e}){let t=e.flatMap(r=>r.deployments),n=r=>t.some(({status:s})=>s===r),o=t.some(r=>r.status==="proposed"&&r.state==="merged");return n("committed")||o?"committed":n("proposed")?"proposed":"unchanged"}function ys(e){let t=fe(e);if(t.length>0)return[`See what stands there now: image-release status ${t.join(" ")}`];let n=no(e),o=e.status==="planned"?"would":"will",r=n.filter(({effect:a})=>a==="pinned"),s=[...new Set(r.map(({newest:a})=>a.commit.slice(0,7)))],i=n.filter(({effect:a})=>a==="unpinned").map(({key:a})=>a);return[...s.map(a=>`Runs of commits up to ${a} ${o} not undo this; newer commits ${o}.`),...i.length===0?[]:[`Nothing holds ${x([...new Set(i)])} back: releases go on as usual.`],...e.status==="planned"?[]:bs(e)]}function bs({channels:e}){return e.flatMap(({channel:t,choices:n})=>{let o=n.filter(({from:s,to:i,effect:a})=>a==="pinned"&&s!==i);return[...new Set(o.map(({from:s})=>s.tag))].map(s=>{let i=o.filter(({from:c})=>c.tag===s).map(({key:c})=>c),a=e.length>1?` --channel ${t}`:"";return`Back to ${s}: image-release rollback ${i.join(" ")} --to ${s}${a}`})})}function to(e){let t=fe(e),n=t.length===0?"rolled-back":"superseded";return{outcome:{status:e.status==="planned"?"planned":n,superseded:t},channels:e.channels.map(({choices:o,...r})=>({...r,images:Object.fromEntries(o.map(({key:s,image:i,from:a,to:c,newest:d,effect:l})=>[s,{image:i,from:a,to:c,pinned:l==="pinned"?d:void 0}]))})),warnings:e.warnings}}function fe({channels:e}){let t=e.flatMap(({deployments:n})=>n.flatMap(o=>o.status==="skipped"?[]:o.superseded.map(({key:r})=>r)));return[...new Set(t)]}function no({channels:e}){return e.flatMap(({choices:t})=>t)}function oo(e,t,n){return`${[...e.flatMap(r=>[ve(r,n),...r.images.flatMap(s=>[...Te(s,t,n),...s.platforms.map(i=>`    ${$s(i,n)}`),...s.signer?[`    signed by ${s.signer.workflow}`]:[]])]),...pe(e).map(r=>$(r,n)),Pe(e,{sound:"as recorded, and so do the attestations",unsound:"as recorded and attested"},n)].join(`
`)}
`}function $s({platform:e,digest:t,sbom:n,provenance:o},r){let s=[r.faint(q(t)),n===void 0?"no SBOM":`SBOM of ${n.packages} packages`,o===void 0?"no provenance":ws(o)];return`${e}  ${s.join(" \xB7 ")}`}function ws({source:e,revision:t}){return t===void 0?"provenance that names no commit":`provenance of commit ${t.slice(0,7)}${e===void 0?"":` of ${e}`}`}function ro(e){return{sound:P(e)===0,channels:e.map(t=>je(t,({platforms:n,signer:o})=>({platforms:n,signer:o})))}}async function io(e,t,n,o,r){let s=new Map;if(n.type==="steps")for(let i of t){let a=A(e,i);if(a?.status!=="rolled-back")continue;let c=a.current.source.commit,d=0;for(let{source:l}of a.history){if(d>=n.back)break;let u=so(c,l.commit),p=s.get(u)??await o.compare(c,l.commit,r);s.set(u,p),p==="behind"&&(d+=1)}}return(i,a)=>s.get(so(i.current.source.commit,a.source.commit))}function so(e,t){return`${e}..${t}`}async function ao(e,t,n,o){let r=await ks(e,t,o),s=await Promise.all(Jt(r).map(async i=>[i.key,await zt(i,n,o.signal)]));return qt(r,new Map(s))}async function Ae({channel:e},t,n){let[o]=await t.readLedgers([e],n);return o?.oid===void 0?void 0:Lt(o)}async function ks(e,t,n){let o=await Ae(e,t,n),r=await t.snapshot(n),i=(await jt(r,e.deploys)).map(a=>{if(a.status==="problem")return{files:[],problems:[a.problem]};let c=e.images.filter(({key:d})=>a.deploy.images.includes(d));return Rs(a.path,a.file.bytes,c,o)});return{channel:e.channel,repository:e.repository,branch:e.branch,images:e.images,ledger:o,files:i.flatMap(({files:a})=>a),problems:i.flatMap(({problems:a})=>a),proposal:await Ss(e,t,o,n)}}async function Ss({channel:e,deploys:t},n,o,r){let s=[...o?.images.values()??[]];if(!(t.some(({target:{mode:c}})=>c!=="commit")||s.some(({status:c})=>c==="proposed"))||n.proposals===void 0)return"unknown";let a=await n.proposals.find(Mt(e),r);return a===void 0?"none":{number:a.number,url:a.url}}function Rs(e,t,n,o){try{let r=Dt({path:e,bytes:t});return{files:n.map(i=>{let{key:a}=i,c=A(o,i)?.image??i.image;if(c===void 0)return{key:a,path:e,entries:[]};try{let d=Pt(r,c);return{key:a,path:e,entries:d.map(l=>({place:r.placeOf(l.offset),...Es(l)}))}}catch(d){if(!(d instanceof k))throw d;return{key:a,path:e,entries:[],problem:d.problems[0]}}}),problems:[]}}catch(r){if(!(r instanceof k))throw r;return{files:[],problems:r.problems}}}function Es(e){let t=j(be(e));return t===void 0?{image:be(e)}:{image:t.name,tag:t.tag,digest:t.digest}}function Ie({config:e,images:t,channel:n},o){y([...yt(e),...pt(e,t)]);let r=t.length>0?t:e.images.map(({key:l})=>l),s=ut(e,o,{mode:"push"},r,"true"),i=e.images.map(l=>xs(e,o,l.key)),a=new Map;for(let l of s){if(l.status==="skip")continue;let{branch:u,target:p}=l,f=`${l.channel} ${p.repository??""}`,h=a.get(f)??{channel:l.channel,repository:p.repository,branch:u,deploys:[],images:[]};h.deploys.push(l),h.images=i.filter(({key:R})=>h.deploys.some(So=>So.images.includes(R))),a.set(f,h)}let c=[...a.values()],d=c.filter(l=>n===void 0||l.channel===n);return y([...Cs(s,c,c.length===0?r:t),...c.length>0&&d.length===0?[Os(c,n??"")]:[]]),d}function xs(e,{repository:t},n){let o=e.images.find(i=>i.key===n),r=W({key:n,registry:e.registry,image:o?.image,owner:t?.split("/")[0]}),s=r.status==="name"?r.image:void 0;return{key:n,...s!==void 0&&{image:s},...t!==void 0&&{releasedFrom:t}}}function Cs(e,t,n){let o=e.find(s=>s.status==="skip"),r=t.length===0&&o?` (${o.target.kustomization}: ${o.reason})`:"";return n.filter(s=>!t.some(({images:i})=>i.some(a=>a.key===s))).map(s=>({code:"deploy/not-configured",severity:"error",message:`${s} is deployed nowhere${r}.`,fix:"Add it to the `images` of a deploy target, or name the branch that is deployed to: `deploy.branch`.",image:s}))}function Os(e,t){let n=[...new Set(e.map(({channel:r})=>r))],o=E(t,n);return{code:"deploy/unknown-channel",severity:"error",message:`There is no channel ${t}; there ${n.length===1?"is":"are"} ${n.join(", ")}.`,fix:o===void 0?"Name one of them with --channel.":`Did you mean --channel ${o}?`}}async function G(e,t){let{signal:n,registry:o}=t,r=Ie(e,t.source);return po(r,s=>mo(t,s,i=>ao(s,i,o,{signal:n})))}async function co(e,t){try{await t.watchRelease()}catch(n){if(!(n instanceof k)||n.code!=="dispatch/run-not-found")throw n;let o=await G(e,t),r=o.flatMap(a=>a.images),{commit:s}=t.source,i=({standing:a})=>"release"in a&&a.release.source.commit===s;if(r.length===0||!r.every(i))throw n;return o}return G(e,t)}async function lo(e,t){let n=await G(e,t);return Promise.all(n.map(async o=>({...o,problems:o.problems.map(r=>r.code==="deploy/no-history"?{...r,severity:"error"}:r),images:await Promise.all(o.images.map(r=>vs(e.config,r,t)))})))}async function vs(e,t,n){let{key:o,image:r,standing:s,served:i}=t,a=N(s).digest??("digest"in i?i.digest:void 0);if(r===void 0||a===void 0||i.status==="gone")return{...t,platforms:[]};let c=e.images.find(R=>R.key===o)?.platforms??[],d="release"in s?s.release:void 0,l=d?.builtFrom??d?.source.commit,u=_t({platforms:c,attest:ft(e,n.source)}),{sign:p}=e.attest,f=d?.source.repository??n.source.repository,h=await n.verify({key:o,image:r,digest:a,expected:u,commit:l,sign:p,repository:f});return{...t,platforms:h.platforms,...h.signer&&{signer:h.signer},problems:[...t.problems,...h.problems]}}async function uo(e,t){let n=Ie(e,t.source),o=await po(n,async i=>({channel:i,choices:await Ts(i,e.to,t)})),r={status:e.until==="deploy"?"done":"planned",channels:[],warnings:[]},s=o.map(({channel:i,choices:a})=>{let c=[],d=i.deploys,l={source:t.source,images:c,publish:{mode:"push"},deploy:d},u=new Map(a.map(({image:p,newest:f})=>[p,f]));return{channel:i,choices:a,plan:l,rollouts:a.map(Ps),intent:{type:"rollback",seen:u}}});if(e.until!=="deploy"||s.length>1){let i=await Promise.all(s.map(({plan:a,rollouts:c,intent:d})=>t.check(a,c,d)));y(i.flat()),e.until!=="deploy"&&r.warnings.push(...i.flat())}for(let{channel:i,choices:a,plan:c,rollouts:d,intent:l}of s){let u=e.until==="deploy"?await t.deploy(c,d,l):{deployments:[],warnings:[]},{channel:p,repository:f,branch:h}=i;r.channels.push({channel:p,repository:f,branch:h,choices:a,deployments:u.deployments}),r.warnings.push(...u.warnings)}return r}async function Ts(e,t,n){let{signal:o}=n,r=await mo(n,e,c=>Ae(e,c,{signal:o}));if(r===void 0)throw js(e);let s=await n.withHistory(c=>io(r,e.images,t,c,{signal:o})),{choices:i,problems:a}=Hn(r,e.images,t,s);return y(a),i}function Ps({key:e,image:t,to:n}){let{tag:o,digest:r,source:s,fingerprint:i,builtFrom:a}=n;return{key:e,image:t,releaseTag:o,digest:r,source:s,fingerprint:i,builtFrom:a}}function js({channel:e,branch:t,images:n}){let[o]=n;return m({code:"deploy/no-history",message:`Channel ${e} (branch ${t}) has no ledger, so what was deployed before is not known.`,fix:`Name the release yourself: image-release deploy --image ${o?.key??"KEY"}=${o?.image??"REF"}:TAG --allow-rollback.`})}async function mo(e,{repository:t,branch:n},o){let r=e.openTarget({repository:t,branch:n});try{return await o(r)}finally{await r.close()}}async function po(e,t){let n=[],o=[];for(let r of e)try{o.push(await t(r))}catch(s){if(!(s instanceof k))throw s;n.push(...s.problems)}return y(n),o}var fo={async status(e){let n=await(e.invocation.options.has("watch")?co:G)(De(e),e.world);return{to:"stdout",exitCode:P(n),text:o=>Xn(n,new Date,o),json:Qn(n)}},async verify(e){let t=await lo(De(e),e.world);return{to:"stdout",exitCode:P(t),text:n=>oo(t,new Date,n),json:ro(t)}},async rollback(e){let t=e.invocation.options.text("to"),n=e.order.until==="deploy"?"deploy":"preflight",o={...De(e),to:t===void 0?Kn:zn(t),until:n},r=await uo(o,e.world);return{to:"stdout",exitCode:Zn(r),text:s=>eo(r,new Date,s),json:to(r)}}};function go(e){return Object.hasOwn(fo,e)}function ho(e,t){return fo[e](t)}function yo(e){if(e instanceof Me){let o={outcome:{status:"cancelled",problems:[],while:e.during}};return{to:"stderr",exitCode:130,text:r=>`${r.bad("\u2717")} ${e.message}
`,json:o}}let t=z(e),n=at(t);return{to:"stderr",exitCode:H(t),text:o=>`${n.map(r=>$(r,o)).join(`
`)}
`,json:J(t)}}function De({invocation:e,order:t,config:n}){return{config:n,images:t.request.images,channel:e.options.text("channel")}}function bo(e,t){let n=e.plan?.images.find(c=>c.key===t),o=e.plan?.images.map(c=>c.key)??[];if(n===void 0){let c=E(t,o);throw m({code:"plan/unknown-image",message:`There is no image ${t} in this plan.`,fix:c===void 0?`Its images are: ${o.join(", ")}.`:`Did you mean ${c}?`})}let r=e.comparison?.inputs[t],s=r?.record,i=e.comparison?.baselines[t]?.candidates??[],a=i.find(({verdict:c})=>c.status==="whole")??i.find(c=>c.record!==void 0)??i[0];return{key:t,status:n.status,reason:n.reason,fingerprint:n.fingerprint,...r?.status==="unknown"&&{unpinned:r.reason},...n.paths!==void 0&&{paths:n.paths},inputs:s?.inputs??[],bases:As(e,r?.status==="known"?r.images:[]),...a!==void 0&&{published:{tag:a.tag,digest:a.digest,fingerprint:a.fingerprint,...a.record!==void 0&&s!==void 0&&{differences:lt(a.record,s)}}}}}function As({comparison:e},t){return Object.fromEntries(t.map(n=>{let o=e?.bases[n];return o===void 0?[n,"not asked"]:[n,"digest"in o?o.digest:o.unresolved]}))}function $o(e,t){let n=Object.entries(e.bases);return`${[`${t.strong(e.key)}  ${xt(e)}`,`  fingerprint  ${e.fingerprint??`none: ${e.unpinned??"its inputs are not known"}`}`,...Is(e.published,t),...e.paths===void 0?[]:[`  paths        ${e.paths.join(", ")}: by your word nothing else of its context counts`],"",`${t.strong("inputs")}  ${e.inputs.length}`,...e.inputs.map(({name:r,hash:s})=>`  ${t.faint(s.slice(0,12))}  ${D(r)}`),...n.length===0?[]:["",t.strong("built on")],...n.map(([r,s])=>`  ${r}  ${t.faint(s)}`)].join(`
`)}
`}function Is(e,t){if(e===void 0)return["  published    nothing that it was compared with"];let{tag:n,digest:o,fingerprint:r,differences:s}=e;return[`  published    ${n} ${t.faint(o)}`,`               ${r??"without a fingerprint"}`,...s===void 0?["  differences  not known: what is published has no record of its inputs"]:Ds(s,t)]}function Ds({added:e,removed:t,changed:n},o){let r=[...n.map(s=>`~ ${D(s)}`),...e.map(s=>o.good(`+ ${D(s)}`)),...t.map(s=>o.bad(`- ${D(s)}`))];return r.length===0?["  differences  none"]:["  differences",...r.map(s=>`    ${s}`)]}var b=process.env,ge=[],_=e=>he(ge)(e);async function _s(){let e=sn(process.argv.slice(2));switch(e.type){case"help":return process.stdout.write(`${$n(e.command)}
`),0;case"version":return process.stdout.write(`${Xt}
`),0;case"command":return Fs(e)}}async function Fs(e){let t=Gs(e.options.text("directory")??".");if(e.command==="schema"){T(e);let{imageReleaseJsonSchema:r}=await import("../chunks/schema-BM6H4S7A.js");return process.stdout.write(`${JSON.stringify(r(),null,2)}
`),0}if(e.command==="set")return Bn(e,t,r=>process.stdout.write(r));if(In(e.command)){let r=Re(e,b),{config:s,git:i}=await ko(r,t);return process.stdout.write(await Dn(e.command,e,s,i)),0}let{command:n}=e;if(n==="doctor"){T(e);let r={directory:t,env:b,uid:process.getuid?.()};return wo(e,hn({...r,inWorld:s=>Ne(e,t,s)}))}if(go(n)){let r=Ne(e,t,(s,i,a)=>ho(n,{invocation:e,order:a,config:i,world:s}));return wo(e,r)}let o=await Ws(e,t);return Ks(e,o),H(o)}async function Ws(e,t){return Ne(e,t,async(n,o,{request:r,until:s,compare:i,notices:a})=>e.command==="deploy"?await ht({config:o,request:r,until:s,notices:a},kn(e),n):await gt({config:o,request:r,until:s,compare:i,notices:a},n)).catch(z)}async function wo({options:e},t){let n=await t.catch(yo);if(e.has("json"))process.stdout.write(_(`${JSON.stringify(n.json,null,2)}
`));else{let o=process[n.to];o.write(_(n.text(Le(o))))}return n.exitCode}async function Ne(e,t,n){let o=[],r=st(()=>{for(let s of o)Ns(s,{recursive:!0,force:!0})});try{let s=Re(e,b);ge.push(...[s.password,s.token,s.deployToken].flatMap(u=>u??[]));let{git:i,config:a,notices:c}=await ko(s,t,r.signal);ge.push(...et([...a.images,...a.helpers],i.root,b));let d=await Bs(s,i,a,r.signal,u=>o.push(u)),l=await Yt(d,a);try{return await n(l,a,{...s,notices:c})}finally{await l.close()}}finally{r.dispose()}}async function ko(e,t,n){let o=await K({cwd:t,env:b,now:Math.floor(Date.now()/1e3)}),r=ze(await Ke(e.config,o.root)),{config:s,problems:i}=await Ze({config:r,root:o.root,env:b,run:F,signal:n}),a={...s,builder:Ue(s.builder,e.request.builder)};return{git:o,config:a,notices:i}}async function Bs(e,t,n,o,r){let s=Je(n),{username:i,password:a,run:c}=e,d=e.source&&await nt({cwd:t.root,env:b},e.source),l=he(ge),u=p=>process.stderr.write(`${l(p)}
`);return{root:t.root,source:{...t.source,...d&&{commit:d},...c&&{run:c}},uncommitted:t.uncommitted,environment:{kind:"terminal"},platform:ot(process.arch),env:b,home:Ls(),temp:Ms(),logins:s&&i&&a?[{host:s,username:i,password:a}]:[],...await bn(e,t,n,b),signing:Us(e,t),registryCheck:e.registryCheck,request:{...e.request,config:e.config},forge:Se(t,b),askCancel:process.stdin.isTTY&&process.stderr.isTTY?Qt:void 0,uid:process.getuid?.(),userAgent:Y,signal:o,onProgress:Fe(u),say:u,redact:l,onLeftover:p=>"dockerConfig"in p&&r(p.dockerConfig)}}function Us({until:e,token:t,trustedRoot:n},o){if(e==="plan")return;let{repository:r,url:s}=o.source;return{serverUrl:Se(o,b).serverUrl,...r!==void 0&&s!==void 0&&{store:{apiUrl:ne(s,b),repository:r,token:t}},...Vt(b),...n!==void 0&&{trustedRoot:n}}}function Ks({command:e,options:t},n){let{status:o}=n.outcome,r=e==="plan"&&o==="planned",s=t.text("explain"),i=r&&s!==void 0?bo(n,s):void 0;if(t.has("json")){let u=r?bt(n,i):J(n);process.stdout.write(_(`${JSON.stringify(u,null,2)}
`));return}let a=o==="failed"||o==="cancelled"?process.stderr:process.stdout,c=Le(a),d=i!==void 0?$o(i,c):o==="planned"?Ct(n,c):St(n,c),l=o==="planned"&&e!=="plan";a.write(_(l?`${d}
${Rt(n,c)}
`:d))}function Le(e){return e.isTTY&&!b.NO_COLOR?kt:wt}rt([process.stdout,process.stderr]);process.exitCode=await _s().catch(e=>{let t=dt(e),n=Le(process.stderr);return process.stderr.write(_(`${t.map(o=>$(o,n)).join(`
`)}
`)),it(t.map(({code:o})=>o))});
