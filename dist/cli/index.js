#!/usr/bin/env node
import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{$ as J,A as nt,Aa as At,B as K,Ba as It,Ca as Dt,D as ot,Da as Nt,E as rt,Ea as Lt,F as st,Fa as we,G as it,Ga as Mt,H as at,Ha as Gt,Ia as _t,J as ct,Ja as Ft,K as x,Ka as Wt,L as dt,La as Bt,M as H,Ma as Ut,N as lt,Na as Kt,O as z,Oa as Ht,P as D,Pa as zt,Q as ut,Qa as Jt,R as mt,Ra as qt,S as pt,Sa as Vt,T as ft,Ta as Yt,U as gt,Ua as A,V as ht,Va as N,W as yt,Wa as Xt,X as bt,Xa as Qt,Ya as Zt,Za as X,_ as $t,a as F,b as j,c as W,da as q,ea as V,f as We,fa as wt,g as Be,j as He,k as B,l as ye,la as kt,m as E,ma as St,n as ze,na as Rt,o as Co,oa as Et,p as Je,pa as xt,q as qe,qa as $,r as U,ra as Ct,sa as Ot,t as Ve,ta as vt,u as Ye,ua as Tt,v as Xe,va as Pt,w as Qe,wa as be,x as Ze,xa as Y,y as et,ya as jt,z as tt,za as $e}from"../chunks/chunk-2PWRUS3A.js";import"../chunks/chunk-3O5XQHSQ.js";import{a as Ue,b as Ke}from"../chunks/chunk-BF6LQEVH.js";import"../chunks/chunk-KMFPTEAP.js";import"../chunks/chunk-DIROYGKN.js";import"../chunks/chunk-TKIXCMX6.js";import{a as k,b as m,c as y,d as Ge,f as _e,g as Fe}from"../chunks/chunk-RIJVBBLD.js";import{e as xo}from"../chunks/chunk-TX2TMZPC.js";import{rmSync as Ms}from"node:fs";import{homedir as Gs,tmpdir as _s}from"node:os";import{resolve as Fs}from"node:path";import{createInterface as Oo}from"node:readline/promises";var vo=5e3;async function en(e){let t=Oo({input:process.stdin,output:process.stderr}),n=new Promise(r=>t.once("SIGINT",()=>r("yes")));try{let r=t.question(`${e} `,{signal:AbortSignal.timeout(vo)});return await Promise.race([n,r.then(o=>/^y(es)?$/i.test(o.trim())?"yes":"no")])}catch{return"no"}finally{t.close()}}import{parseArgs as To}from"node:util";var w={config:{description:"The configuration: YAML as in image-release.yml, or the path of a file. Default: image-release.yml in the repository root or in .github."},token:{description:"Token for the deploy commit (contents: write) and, when no registry-password is given, for ghcr.io (packages: write).",default:"${{ github.token }}"},"deploy-token":{description:"Token of an App, or a personal one, for the other repositories that `deploy.repository` names; where none is named, for the deploy commits and pull requests of this one. Default: `token`."},"registry-username":{description:"User name for the registry.",default:"${{ github.actor }}"},"registry-password":{description:"Password or token for the registry. Default for ghcr.io is the token."},images:{description:"Keys of the images to release, separated by commas or line breaks. Empty or `all` means all of them."},published:{description:"The `images` output of an earlier job. Those digests are deployed and nothing is built, so that build and deploy can be two jobs with different permissions."},tags:{description:"Further tags for the images, besides those of the rules, separated by commas or line breaks."},push:{description:"Whether images are published, one of auto, true, false. With auto, not for pull requests.",default:"auto"},deploy:{description:"Whether the Kustomizations are updated, one of auto, true, false. With auto, for the default branch, the branch that is deployed to, and tags.",default:"auto"},platforms:{description:"Platforms in place of the configured ones, separated by commas or line breaks."},builder:{description:"What builds the images, in place of the configured choice, one of auto, buildx, remote, kubernetes, kaniko, dispatch. Settings of that builder in the configuration count all the same."},"no-cache":{description:"Build every step anew (true or false).",default:"false"},force:{description:"Build also images whose inputs did not change (true or false).",default:"false"},"allow-rollback":{description:"Deploy even when the commit is older than what is deployed, or on another line of history (true or false).",default:"false"},"dry-run":{description:"Plan and check, but build, publish and commit nothing (true or false).",default:"false"}};var on={short:"h",help:"Show help."},rn={directory:{short:"C",value:"DIR",help:"Run as if started in DIR."},json:{help:"Print the result as JSON on stdout; everything else goes to stderr."}},S={config:{value:"FILE",help:w.config.description},...rn},Q={help:ee(w["dry-run"].description)},Z={platforms:{value:"LIST",help:w.platforms.description},builder:{value:"NAME",help:w.builder.description},"no-cache":{help:ee(w["no-cache"].description)},force:{help:ee(w.force.description)},tag:{value:"TAG",repeated:!0,help:"Publish the images under this tag, too."},push:{value:"auto|true|false",help:w.push.description}},tn={"allow-rollback":{help:ee(w["allow-rollback"].description)}},C={"registry-username":{value:"NAME",help:`${w["registry-username"].description} Its password is read from IMAGE_RELEASE_REGISTRY_PASSWORD. Default: what \`docker login\` stored.`}},ke={value:"NAME",help:"Only this channel; default: all that the configuration deploys to."},Se={help:"Do not ask the registry whether the images can be pulled."},nn={force:{help:"Overwrite files that are there with another text."},"dry-run":{help:"Tell what would be written; write nothing."}},O={plan:{usage:"[KEY\u2026]",help:"Show what a release would do, and why.",options:{explain:{value:"KEY",help:"List every input of this image with its hash, and what differs from the one that is published."},offline:{help:"Ask no registry and no forge: fingerprints alone, nothing is compared."},...Z,deploy:{value:"auto|true|false",help:w.deploy.description},...C,...S},examples:["image-release plan","image-release plan api --json","image-release plan --explain api","image-release plan --offline --json"]},build:{usage:"[KEY\u2026]",help:"Build, attest and publish images; do not roll out.",options:{...Z,...C,"dry-run":Q,...S},examples:["image-release build","image-release build api --platforms linux/amd64,linux/arm64"]},release:{usage:"[KEY\u2026]",help:"Build, attest, publish and roll out.",options:{...Z,deploy:{value:"auto|true|false",help:w.deploy.description},...tn,...C,"dry-run":Q,...S},examples:["image-release release","image-release release frontend","image-release release --dry-run"]},deploy:{usage:"--image KEY=REF:TAG[@DIGEST]\u2026",help:"Roll out images that were published elsewhere, through the same safe path.",options:{image:{value:"KEY=REF:TAG[@DIGEST]",repeated:!0,help:"Image to roll out; once per image."},source:{value:"SHA",help:"Commit that the images were built from; default: HEAD of the checkout."},run:{value:"N",help:"Number of the run that published them, for the commit\u2019s trailers."},...tn,"no-registry-check":Se,...C,"dry-run":Q,...S},examples:["image-release deploy --image api=ghcr.io/acme/api:main-1a2b3c4"]},status:{usage:"[KEY\u2026]",help:"Show what is deployed, since when and from which commit, and what is wrong with it.",options:{watch:{help:"First wait until the workflow run that releases this commit has ended; fail when it fails."},channel:ke,"no-registry-check":Se,...C,...S},examples:["image-release status","image-release status api --json","image-release status --watch"]},rollback:{usage:"[KEY\u2026] [--to TAG|SHA|-N]",help:"Put an earlier release back; only commits newer than the present one undo that.",options:{to:{value:"TAG|SHA|-N",help:"Tag, source commit (7 digits or more) or number of releases back; default: -1."},channel:ke,"no-registry-check":Se,...C,"dry-run":Q,...S},examples:["image-release rollback","image-release rollback frontend --to main-1a2b3c4","image-release rollback api --to -2 --dry-run"]},verify:{usage:"[KEY\u2026]",help:"Verify that what is deployed is what is on record, that its attestations stand and who signed it.",options:{"trusted-root":{value:"FILE",help:"What signatures are verified against, as `gh attestation trusted-root` prints it; default: fetched from sigstore.dev or GitHub."},channel:ke,...C,...S},examples:["image-release verify","image-release verify api --channel production","image-release verify --trusted-root trusted-root.jsonl"]},set:{usage:"FILE|DIR NAME=[NEWNAME][:TAG][@DIGEST]\u2026",help:"Edit the images of a Kustomization; no other byte changes. Works offline.",options:{add:{help:"Append an entry for a NAME that has none."},"dry-run":{help:"Print the change as a diff; write nothing."},...rn},examples:["image-release set k8s api=:main-1a2b3c4","image-release set k8s/kustomization.yml web=ghcr.io/acme/web:1.4.0"]},init:{usage:"--scripts",help:"Write scripts into the repository that have the options that such scripts use to have.",options:{scripts:{help:"scripts/build-images-safe.sh, kaniko-build.sh and check-build-status.sh."},...nn,...S},examples:["image-release init --scripts","image-release init --scripts --dry-run"]},kaniko:{usage:"init",help:"Write a runner that builds in the cluster: a Deployment in which builds are started by kubectl exec.",options:{output:{value:"DIR",help:"Folder for it in the repository; default: k8s/kaniko."},repository:{value:"URL",help:"Where the runner clones from, by https; default: the origin."},cache:{value:"emptyDir|pvc",help:"What keeps cache mounts: emptyDir as long as the pod lives, pvc longer."},...nn,...S},examples:["image-release kaniko init","image-release kaniko init --cache pvc --output deploy/kaniko"]},doctor:{usage:"",help:"Show what there is to build with, what each builder lacks, and which is taken.",options:{builder:Z.builder,...C,...S},examples:["image-release doctor","image-release doctor --json"]},schema:{usage:"",help:"Print the JSON Schema of image-release.yml.",options:{},examples:["image-release schema > image-release.schema.json"]}};function te(e){return{...O[e].options,help:on}}var ne={...S,help:on,version:{help:"Print the version."}};function ee(e){return e.replace(" (true or false)","")}function cn(e){let t=Po(e),n=t===-1?void 0:e[t];if(n===void 0)return an(e,ne,void 0).values.has("version")?{type:"version"}:{type:"help"};if(n==="help")return{type:"help",command:e[t+1]===void 0?void 0:sn(e[t+1])};let r=sn(n),{words:o,values:s}=an([...e.slice(0,t),...e.slice(t+1)],te(r),r);return s.has("help")?{type:"help",command:r}:{type:"command",command:r,words:o,options:s}}function Po(e){for(let t=0;t<e.length;t+=1){let n=e[t];if(!n.startsWith("-"))return t;["-C","--directory","--config"].includes(n)&&(t+=1)}return-1}function sn(e){if(Object.hasOwn(O,e))return e;let t=E(e,Object.keys(O));throw m({code:"usage/unknown-command",message:`There is no command ${e}.`,fix:t===void 0?"See image-release --help.":`Did you mean \`image-release ${t}\`?`})}function an(e,t,n){let r=Object.fromEntries(Object.entries(t).map(([o,s])=>[o,{type:s.value===void 0?"boolean":"string",multiple:!0,...s.short===void 0?{}:{short:s.short}}]));try{let{values:o,positionals:s}=To({args:jo(e,t),options:r,allowPositionals:!0}),a=i=>o[i]??[];return{words:s,values:{text:i=>a(i).map(String).at(-1),list:i=>a(i).map(String),has:i=>a(i).length>0}}}catch(o){throw Ao(o,t,n)}}function jo(e,t){let n=e.indexOf("--"),r=o=>/^-\d+$/.test(e[o]??"")&&(n<0||o<n)&&t[/^--(.+)$/.exec(e[o-1]??"")?.[1]??""]?.value!==void 0;return e.flatMap((o,s)=>r(s)?[]:[r(s+1)?`${o}=${e[s+1]}`:o])}function Ao(e,t,n){let r=`image-release ${n===void 0?"":`${n} `}--help`;if(e.code==="ERR_PARSE_ARGS_UNKNOWN_OPTION"){let o=/'-{0,2}([^']+)'/.exec(e.message)?.[1]??"",s=E(o,Object.keys(t));return m({code:"usage/unknown-option",message:`${n===void 0?"image-release":n} has no option ${o.length===1?"-":"--"}${o}.`,fix:s===void 0?`See ${r}.`:`Did you mean --${s}?`})}return m({code:"usage/bad-option",message:e.message.split(`
`)[0],fix:`See ${r}.`})}var Io={push:!0,attestations:!0,platforms:[],manyPlatforms:!1,cacheExport:!1,loopbackRegistry:!1},Do={type:"auto",settings:[]};async function dn(e){let{env:t,run:n,signal:r,project:o}=e,s=o.status==="loaded"?o.config.builder:Do,a=Ut({env:t,uid:e.uid}),{settings:i}=s,c=i.flatMap(f=>"namespace"in f?f.namespace??[]:[]),d=Wt({...e,machine:a,trial:"always",builder:Y(i,"buildx")?.name,remote:Y(i,"remote"),probeCluster:()=>Bt({env:t,run:n,signal:r,namespace:c[0],uses:["kaniko","kaniko-secret","kubernetes"]})}),[l,u]=await Promise.all([No(a,d),o.status==="loaded"?o.checkPush():[]]),p={choice:{type:"auto",settings:i},facts:l,needs:o.status==="loaded"?vt(o.plan):Io,workflows:e.workflows,uncommitted:e.uncommitted,beyondKaniko:[],kanikoUses:Y(i,"kaniko")?.registrySecret?["kaniko"]:["kaniko","kaniko-secret"],clusterProblems:Be,failed:[]},g=async f=>(await Tt(f,d)).decision;return{facts:l,project:Lo(o,s),...o.status==="loaded"&&{registry:{images:o.plan.images.map(({image:f})=>f),problems:u}},judged:(await Pt(p,d)).judged,auto:await g(p),...s.type==="listed"&&{configured:await g({...p,choice:s})}}}async function No(e,t){let[n,r,o,s,a,i,c]=await Promise.all([t.docker(),t.storage(),t.builders(),t.endpoints(),t.emulation(),t.cluster(),t.forge()]);return{machine:e,docker:n,storage:r,builders:o,endpoints:s,emulation:a,cluster:i,forge:c}}function Lo(e,{type:t,settings:n}){if(e.status==="broken")return e;let r=t==="auto"?t:n.map(o=>o.type).join(", ");return{status:"loaded",origin:e.config.origin,builder:r}}function ln({facts:e,registry:t}){return[["Environment",Go(e.machine)],["Docker",_o(e)],["Storage",Fo(e)],["buildx",...Bo(e)],["BuildKit",...Mo(e.endpoints.map(Ko),"none found")],["Emulation",Ho(e)],["Cluster",zo(e)],["GitHub",Jo(e)],...t===void 0?[]:[["Registry",qo(t)]]]}function Mo(e,t){return e.length>0?e:[t]}function Go({place:e,pod:t,container:n,user:r}){let o={actions:()=>`GitHub Actions, ${e.kind==="actions"?e.runner:""} runner`,ci:()=>e.kind==="ci"?e.name:"",devpod:()=>`a workspace of ${e.kind==="devpod"?e.name:""}`,pod:()=>"a pod",container:()=>"a container",host:()=>"this machine"},s=t?.serviceAccount==="mounted"?"":" without a service account",a=t&&` in Kubernetes${t.namespace===void 0?"":`, namespace ${t.namespace}`}${s}`,i=t===void 0&&n!==void 0?` (a container: ${n})`:"";return`${o[e.kind]()}${a??i}, as ${r==="root"?"root":"an ordinary user"}`}function _o({docker:e}){if(e.docker==="missing")return"not installed";let{server:t,client:n}=e;return t.status==="unreachable"?`client ${n}; no daemon: ${t.message}`:`${t.version}, ${t.imageStore} image store, storage driver ${t.storageDriver}, data root ${t.rootDirectory}`}function Fo({storage:e}){if(e.seen==="no")return`not looked at: ${e.reason}`;let{path:t,fileSystem:n,mount:r,trial:o}=e,s=r===void 0?"":`, mounted at ${r.point}`;return`layers in ${t} on ${n}${s}; ${Wo(o)}`}function Wo(e){switch(e.result){case"mounted":return"an overlay can be mounted there";case"refused":return`an overlay can't be mounted there: ${e.error} (${e.message})`;case"not-tried":return`mounting an overlay was not tried: ${e.reason}`}}function Bo({docker:e,builders:t}){if(e.docker==="missing")return["not installed"];let{buildx:n}=e;if(n.status==="missing")return[`not installed: ${n.message}`];let r=n.builder.name;return[n.version,...t.map(o=>Uo(o,r))]}function Uo({name:e,driver:t,nodes:n,message:r},o){let s=e===o?" (in use)":"";if(r!==void 0)return`${e}${s}: ${t||"no driver"}, ${r}`;let a=n.map(({status:i,platforms:c})=>[i,...un(c)].join(" "));return`${e}${s}: ${t}, ${a.join("; ")}`}function un(e){return e.filter(t=>!/^linux\/amd64\/v\d$/.test(t))}function Ko({address:e,from:t,answer:n}){if(n.status!=="serves")return`${e} (${t}): ${n.message}`;let r=n.version===void 0?"":` ${n.version}`;return`${e} (${t}): BuildKit${r}, ${un(n.platforms).join(", ")}`}function Ho({emulation:e}){return e.status==="unknown"?"not known here":e.platforms.length===0?"none set up":e.platforms.join(", ")}function zo({cluster:e}){switch(e.status){case"no-kubectl":return"no kubectl";case"no-context":return`kubectl ${e.kubectl} has no cluster`;case"unreachable":case"unauthorized":return`${e.context===void 0?"the cluster":`context ${e.context}`} is ${e.status}: ${e.message}`;case"ready":{let{context:t,server:n,namespace:r,podSecurity:o,rights:s}=e,a=s.filter(({allowed:i})=>!i).length;return[t===void 0?"the pod\u2019s own cluster":`context ${t}`,n,`namespace ${r}${o===void 0?"":` (enforces ${o})`}`,a===0?"all rights":`${a} of ${s.length} rights missing`].join(", ")}}}function Jo({forge:{repository:e,gh:t,token:n}}){let r=e??"no repository on GitHub",o={missing:"gh is not installed","logged-out":"gh is not logged in","logged-in":"gh is logged in"};return`${r}, ${n===void 0?"no token":`a token from ${n.from}`}, ${o[t]}`}function qo({images:e,problems:t}){let n=new Set(t.map(({image:r})=>r)).size;return t.length===0?`${e.join(", ")} may be pushed`:`of ${e.join(", ")}, ${n} can't be pushed; see below`}function fn({auto:e,configured:t}){return(t??e).status==="chosen"?0:1}function gn(e,t){let n=ln(e),r=Math.max(...n.map(([a])=>a.length)),{project:o,registry:s}=e;return[...n.flatMap(([a,...i])=>i.map((c,d)=>`${t.strong((d===0?a:"").padEnd(r))}  ${c}`)),"",t.strong("Builders"),...e.judged.flatMap(a=>Vo(a,t)),"",...Xo(e,t),...(s?.problems??[]).map(a=>$(a,t)),...(o.status==="broken"?o.problems:[]).map(a=>$(a,t)),""].join(`
`)}var mn=Math.max(...Ue.map(e=>e.length));function Vo({type:e,verdict:t},n){let[r,o]=Yo(t,n),s=" ".repeat(mn+6),[a="",...i]=o;return[`  ${r} ${e.padEnd(mn)}  ${a}`,...i.map(c=>`${s}${c}`)]}function Yo(e,t){if(e.status==="usable")return[t.good("\u2713"),[e.how,...e.warnings.map(({message:s})=>t.faint(s))]];let n=be(e).flatMap(({reason:s,fix:a})=>[s,t.faint(`\u2192 ${a}`)]),o=(e.status==="impossible"?e.problems.map(s=>s.detail??""):[]).filter(s=>s!=="").flatMap(s=>s.split(`
`));return[e.status==="absent"?t.faint("\u2013"):t.bad("\u2717"),[...n,...o.map(t.faint)]]}function Xo({auto:e,configured:t,project:n,judged:r},o){let s=(a,i)=>i.status==="chosen"?`${o.good("\u2713")} ${a} builds with ${Qo(i.id,r,i)}`:`${o.bad("\u2717")} ${a} finds nothing that can build here.`;return[...t===void 0||n.status==="broken"?[]:[s(`builder: ${n.builder}`,t)],s("auto",e)]}function Qo(e,t,{sentence:n}){let r=t.find(o=>o.id===e)?.verdict;return r?.status==="usable"?`${r.how}.`:n}function hn(e){let{facts:t,project:n,registry:r,judged:o,auto:s,configured:a}=e;return{facts:t,project:n,...r&&{registry:r},builders:o.map(({id:i,type:c,verdict:d})=>({id:i,type:c,...d.status==="usable"?{status:"usable",with:d.how,warnings:d.warnings}:{status:d.status,objections:be(d),codes:Zo(d)}})),auto:pn(s),...a&&{configured:pn(a)}}}function Zo(e){return e.status==="impossible"?e.problems.map(({code:t})=>t):[]}function pn(e){if(e.status==="impossible")return e;let{status:t,id:n,builder:r,sentence:o,warnings:s}=e;return{status:t,id:n,type:r.type,sentence:o,warnings:s}}async function bn(e){let t=!1;try{return await e.inWorld(async(n,r,{request:o})=>{t=!0;let s=await n.probe(),{plan:a}=pt(r,s,o);return yn(e,{project:{status:"loaded",config:r,plan:a,checkPush:()=>n.check({...a,deploy:[]},[],{type:"release",order:o.order})},...$n(s.source),workflows:s.checkout.workflows,uncommitted:s.uncommitted,signal:n.signal})})}catch(n){if(t||!(n instanceof k))throw n;return yn(e,{project:{status:"broken",problems:n.problems},...await er(e)})}}async function yn({env:e,uid:t},n){let r=await dn({...n,env:e,uid:t,run:F});return{to:"stdout",exitCode:fn(r),text:o=>gn(r,o),json:hn(r)}}async function er({directory:e,env:t}){try{let n=await K({cwd:e,env:t,now:0}),{workflows:r}=_t(n.root);return{...$n(n.source),workflows:r,uncommitted:n.uncommitted}}catch(n){if(n instanceof k)return{workflows:[],uncommitted:[]};throw n}}function $n({repository:e,url:t}){return e===void 0||t===void 0?{}:{repository:e,forgeHost:new URL(t).host}}import{tmpdir as tr}from"node:os";async function wn(e,t,n,r){let o={checkout:t.root,env:r,temporaryFolder:tr()},s={...o,remote:"origin",branch:t.source.defaultBranch??"main"},a=l=>U({...s,clockwork:l}),{repository:i}=t.source,c=Qe(e,n.deploy,i),d=c.other===void 0?void 0:await nr(t,r);return{openHistory:a,openTarget({repository:l,branch:u},p){if(l!==void 0&&Ye(l)){let R=Ze(e.deployToken);return U({...o,...R,remote:l,branch:u,clockwork:p})}let g=l===void 0?c.own:c.other;if(d!==void 0&&g!==void 0){let R=Xe(l??i??"");return Ve({octokit:d(g),...R,branch:u,clockwork:p})}let f=l===void 0?"origin":nt(t.remote??"",l);if(f===void 0)throw or(l??"");return U({...o,remote:f,branch:u,clockwork:p})}}}function Re({source:{repository:e,url:t}},n){let r=n.GITHUB_SERVER_URL||(e&&t?new URL(t).origin:"https://github.com");return{serverUrl:r,apiUrl:oe(r,n)}}function oe(e,t){let{host:n}=new URL(e);return t.GITHUB_API_URL??(n==="github.com"?"https://api.github.com":`https://${n}/api/v3`)}async function nr({source:{repository:e,url:t}},n){if(e===void 0||t===void 0)return;let[{Octokit:r},{restEndpointMethods:o}]=await Promise.all([import("../chunks/dist-src-64SBDPYC.js"),import("../chunks/dist-src-VOCVYFS6.js")]),s=oe(t,n),a=r.plugin(o);return i=>new a({auth:i.reveal(),baseUrl:s,userAgent:X})}function or(e){return m({code:"deploy/repository-missing",message:`Where ${e} lies is not known: this checkout's origin is no forge.`,fix:"Set deploy.repository to the URL of the repository."})}var rr=`Exit codes
  0    done, also when there was nothing to do
  1    failed
  2    usage or configuration
  3    left alone: what is deployed is newer, or can't be put in order
  130  cancelled`,sr=`Environment
  GITHUB_TOKEN, GH_TOKEN           commit through the GitHub API instead of git push
  IMAGE_RELEASE_DEPLOY_TOKEN       token for deploy commits, in place of these
  IMAGE_RELEASE_REGISTRY_USERNAME  user for the registry
  IMAGE_RELEASE_REGISTRY_PASSWORD  its password or token
  NO_COLOR                         no colours`;function kn(e){return e===void 0?ir():ar(e,O[e])}function ir(){let e=Math.max(...Object.keys(O).map(t=>t.length));return["image-release: from a push to a safe rollout. Builds all images of a repository, attests, publishes and deploys them.",`Usage
  image-release COMMAND [options]`,`Commands
${Object.entries(O).map(([t,{help:n}])=>`  ${t.padEnd(e)}  ${n}`).join(`
`)}`,Sn(ne),sr,rr,"image-release COMMAND --help shows the options of a command."].join(`

`)}function ar(e,t){return[t.help,`Usage
  image-release ${e} ${t.usage}`.trimEnd(),Sn(te(e)),`Examples
${t.examples.map(n=>`  ${n}`).join(`
`)}`].join(`

`)}var cr=100;function Sn(e){let t=Object.entries(e).map(([s,a])=>[`${a.short===void 0?"":`-${a.short}, `}--${s}${a.value===void 0?"":` ${a.value}`}`,a.help]),n=Math.min(30,Math.max(...t.map(([s])=>s.length))),r=" ".repeat(n+4);return`Options
${t.flatMap(([s,a])=>{let[i="",...c]=dr(a,cr-r.length);return[`  ${s.padEnd(n)}  ${i}`,...c.map(d=>`${r}${d}`)]}).join(`
`)}`}function dr(e,t){let n=[""];for(let r of e.split(" ")){let o=n.at(-1);o!==""&&o.length+1+r.length>t?n.push(r):n[n.length-1]=o===""?r:`${o} ${r}`}return n}function Ee({command:e,words:t,options:n},r){e==="deploy"&&T({command:e,words:t});let o=ze(l=>lr(l,n,t),l=>l==="images"?"KEY":`--${l}`),s={build:"false",release:o.deploy,plan:o.deploy},a=r.GITHUB_TOKEN||r.GH_TOKEN,i=r.IMAGE_RELEASE_DEPLOY_TOKEN,c=r.IMAGE_RELEASE_REGISTRY_PASSWORD,d=n.text("registry-username")??r.IMAGE_RELEASE_REGISTRY_USERNAME;if(n.has("registry-username")&&!c)throw m({code:"usage/missing-argument",message:"--registry-username was given without a password.",fix:"Set IMAGE_RELEASE_REGISTRY_PASSWORD; passwords are never taken from the command line."});return{config:o.config,request:{...o,deploy:s[e]??"true"},until:e==="plan"?"plan":n.has("dry-run")?"preflight":"deploy",compare:n.has("offline")?"offline":"published",explain:n.text("explain"),token:a?new B(a):void 0,deployToken:i?new B(i):void 0,username:d,password:c?new B(c):void 0,trustedRoot:n.text("trusted-root"),registryCheck:n.has("no-registry-check")?"none":"registry",source:ur(n.text("source")),run:mr(n.text("run"))}}function lr(e,t,n){switch(e){case"images":return n.join(",");case"tags":return t.list("tag").join(",");case"no-cache":case"force":case"allow-rollback":return t.has(e)?"true":"";case"config":case"push":case"deploy":case"platforms":case"builder":return t.text(e)??"";default:return""}}function Rn({options:e}){let t=e.list("image");if(t.length===0)throw m({code:"usage/missing-argument",message:"There is nothing to deploy: no --image was given.",fix:"Give one --image KEY=REF:TAG[@DIGEST] for each image."});let n=[],r=t.flatMap(s=>{let[,a,i]=/^([^=]+)=(.+)$/.exec(s)??[],c=i===void 0?void 0:j(i);return a===void 0||c?.tag===void 0?(n.push({code:"usage/bad-image",severity:"error",message:`--image ${s} is not KEY=REF:TAG[@DIGEST]${c===void 0?"":": the tag is missing"}.`,fix:"Write for example --image api=ghcr.io/acme/api:main-1a2b3c4."}),[]):[{key:a,image:c.name,releaseTag:c.tag,digest:c.digest}]}),o=r.find(({key:s},a)=>r.findIndex(i=>i.key===s)!==a);return o!==void 0&&n.push({code:"usage/bad-image",severity:"error",message:`--image names ${o.key} twice.`,fix:"Give each image once."}),y(n),r}function ur(e){if(e===void 0||/^[0-9a-f]{7,64}$/.test(e))return e;throw m({code:"usage/bad-option",message:`--source ${e} is not a commit id.`,fix:"Give the commit in hexadecimal digits, as `git rev-parse HEAD` prints it."})}function mr(e){if(e!==void 0){if(/^\d{1,15}$/.test(e))return{id:e,number:Number(e),attempt:1,url:""};throw m({code:"usage/bad-option",message:`--run ${e} is not a number.`,fix:"Give the number of the run that published the images."})}}function T({command:e,words:t}){if(t.length!==0)throw m({code:"usage/bad-option",message:`${e} takes no argument ${t.join(" ")}.`,fix:`See image-release ${e} --help.`})}var En=xo(Co(),1);var h="kaniko-build-runner",pr="kaniko-registry",re="kaniko-git",se="kaniko-build-secrets",ie="/kaniko/build-secrets";function L({settings:e}){return e.registrySecret??pr}function ae({images:e}){return[...new Set(e.flatMap(({secrets:t})=>t.map(({id:n})=>n)))]}var xn="/results",I={"app.kubernetes.io/name":h,"app.kubernetes.io/component":"build"};function Cn(e,t){return{"kustomization.yml":ce(fr(e,t)),"deployment.yml":ce(gr(e)),"rbac.yml":Sr.map(ce).join(`---
`),...e.cache==="pvc"&&{"cache.yml":ce(kr)}}}function fr({settings:e,cache:t},n){return{apiVersion:"kustomize.config.k8s.io/v1beta1",kind:"Kustomization",...e.namespace!==void 0&&{namespace:e.namespace},resources:["deployment.yml","rbac.yml",...t==="pvc"?["cache.yml"]:[]],configMapGenerator:[{name:`${h}-scripts`,files:n.map(r=>`scripts/${r}`),options:{labels:I}}]}}function gr(e){let{settings:t}=e,n=wr(e);return{apiVersion:"apps/v1",kind:"Deployment",metadata:{name:h,labels:I},spec:{replicas:1,strategy:{type:"Recreate"},selector:{matchLabels:{"app.kubernetes.io/name":h}},template:{metadata:{labels:I},spec:{serviceAccountName:t.serviceAccount??h,automountServiceAccountToken:!1,terminationGracePeriodSeconds:5,securityContext:{seccompProfile:{type:"RuntimeDefault"}},...t.nodeSelector&&{nodeSelector:t.nodeSelector},...t.tolerations&&{tolerations:t.tolerations},containers:[{name:"kaniko",image:hr(t.image),command:["/busybox/sh","-c",yr],workingDir:xn,env:br(),securityContext:{runAsUser:0,allowPrivilegeEscalation:!1,capabilities:{drop:["ALL"],add:[...Jt]}},resources:$r(e),volumeMounts:n.map(({mount:r})=>r)}],volumes:n.map(({volume:r})=>r)}}}}}function hr(e=zt){let{name:t,tag:n="latest"}=j(e)??{name:e};return`${t}:${n.endsWith("debug")?n:n==="latest"?"debug":`${n}-debug`}`}var yr="rm -rf /results/.building; trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done";function br(){return[{name:"PATH",value:"/usr/local/bin:/kaniko:/busybox"},...Object.entries(Ht).map(([e,t])=>({name:e,value:t})),{name:"GIT_TOKEN",valueFrom:{secretKeyRef:{name:re,key:"token",optional:!0}}}]}function $r({settings:e}){let t=({cpu:n,memory:r,ephemeralStorage:o})=>({...n!==void 0&&{cpu:n},...r!==void 0&&{memory:r},...o!==void 0&&{"ephemeral-storage":o}});return{requests:t(e.requests??{cpu:"500m",memory:"1Gi"}),...e.limits&&{limits:t(e.limits)}}}function wr(e){let t=(n,r,o)=>({volume:{name:n,secret:o},mount:{name:n,mountPath:r,readOnly:!0}});return[{volume:{name:"scripts",configMap:{name:`${h}-scripts`,defaultMode:493}},mount:{name:"scripts",mountPath:"/scripts",readOnly:!0}},t("registry","/kaniko/.docker",{secretName:L(e),items:[{key:".dockerconfigjson",path:"config.json"}]}),...ae(e).length===0?[]:[t("build-secrets",ie,{secretName:se,defaultMode:256})],{volume:{name:"caches",...e.cache==="pvc"?{persistentVolumeClaim:{claimName:`${h}-cache`}}:{emptyDir:{}}},mount:{name:"caches",mountPath:"/kaniko/caches"}},{volume:{name:"results",emptyDir:{}},mount:{name:"results",mountPath:xn}}]}var kr={apiVersion:"v1",kind:"PersistentVolumeClaim",metadata:{name:`${h}-cache`,labels:I},spec:{accessModes:["ReadWriteOnce"],resources:{requests:{storage:"10Gi"}}}},Sr=[{apiVersion:"v1",kind:"ServiceAccount",metadata:{name:h,labels:I},automountServiceAccountToken:!1},{apiVersion:"rbac.authorization.k8s.io/v1",kind:"Role",metadata:{name:`${h}-operator`,labels:I},rules:[{apiGroups:["apps"],resources:["deployments"],resourceNames:[h],verbs:["get"]},{apiGroups:["apps"],resources:["replicasets"],verbs:["get","list"]},{apiGroups:[""],resources:["pods","pods/log"],verbs:["get","list","watch"]},{apiGroups:[""],resources:["pods/exec"],verbs:["create","get"]}]}];function ce(e){return(0,En.stringify)(e,{lineWidth:0})}var v="build-all.sh",xe="common.sh";function On(e){return{[xe]:xr(e),...Object.fromEntries(e.images.map(t=>[de(t),Rr(t)])),[v]:Er(e.images)}}function de({key:e}){return`build-${e}.sh`}function Rr(e){let{key:t,context:n,dockerfile:r,target:o,args:s,labels:a,secrets:i}=e,c=[...n==="."?[]:[`--context-sub-path=${n}`],`--dockerfile=/kaniko/buildcontext/${r}`,`--cache-repo=${Kt(e.image,void 0)}`,...o===void 0?[]:[`--target=${o}`],...Object.entries(s).map(([d,l])=>`--build-arg=${d}=${l}`),...Object.entries(a).map(([d,l])=>`--label=${d}=${l}`),...i.map(({id:d})=>`--secret=id=${d},type=file,src=${ie}/${d}`)];return`#!/busybox/sh
# Builds the image ${t} from git and pushes it: ${de(e)} [COMMIT]
set -eu

# shellcheck source=/dev/null
. "$(dirname "$0")/${xe}"

build ${M(t)} ${M(e.image)} "\${1:-}" \\
${c.map(d=>`  ${M(d)}`).join(` \\
`)}
`}function Er(e){return`#!/busybox/sh
# Builds all images from git and pushes them: ${v} [COMMIT]
# Without a commit it is the tip of the branch. An image that fails does not keep the others from being built;
# the exit code is that of the first that failed.
set -u

here=$(dirname "$0")
# shellcheck source=/dev/null
. "$here/${xe}"

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
`}function xr({repository:e,branch:t}){return`# shellcheck shell=sh
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
`}function M(e){return/^[A-Za-z0-9_./:=@%+,-]+$/.test(e)?e:/['$`]/.test(e)?`"${e.replaceAll(/[\\"$`]/g,String.raw`\$&`)}"`:`'${e}'`}function vn(e,t){let{images:n,settings:r,branch:o,repository:s,cache:a}=e,i=r.namespace===void 0?"":` -n ${r.namespace}`,c=`kubectl${i} exec deployment/${h} --`,d=ae(e);return`# A runner that builds images in the cluster

A Deployment with one pod that waits. A build is started in it by \`kubectl exec\`: [Kaniko](https://github.com/osscontainertools/kaniko)
clones \`${s}\`, builds, and pushes. Nothing is built until somebody asks, and no Job is left behind.

Written by \`image-release kaniko init\`. To change it, change \`image-release.yml\` and write it again.

## Set up

1. The registry's login, from the file that \`docker login\` writes. It must hold the login itself; a \`credsStore\`
   is a program of your machine and does not work in a pod.

   \`\`\`sh
   kubectl${i} create secret generic ${L(e)} --type=kubernetes.io/dockerconfigjson --from-file=.dockerconfigjson="$HOME/.docker/config.json"
   \`\`\`

2. For a private repository, a token that may read it. It is read from standard input, so that no shell keeps it.

   \`\`\`sh
   kubectl${i} create secret generic ${re} --from-file=token=/dev/stdin
   \`\`\`
${d.length===0?"":`
   And the build secrets that the Dockerfiles ask for:

   \`\`\`sh
   kubectl${i} create secret generic ${se} ${d.map(l=>`--from-file=${l}=PATH`).join(" ")}
   \`\`\`
`}
3. The runner:

   \`\`\`sh
   kubectl apply -k ${t}/
   kubectl${i} rollout status deployment/${h}
   \`\`\`

Whoever can change a Dockerfile of this repository can read these secrets from a build step. Give the tokens no more than the
right to push these images and to read this repository.

Keep the secrets out of the repository, and out of this folder: an example applied over a real secret empties it.

## Build

\`\`\`sh
${c} /scripts/${v}
${c} /scripts/${v} "$(git rev-parse HEAD)"
${n.map(l=>`${c} /scripts/${de(l)}`).join(`
`)}
${c} env BRANCH=next /scripts/${v}
\`\`\`

With a commit, exactly that one is built, and the tag is \`${o}-<first 7 digits>\`; it must be pushed. Without one it is the
tip of \`${o}\`, and the tag holds the time. Prefer the commit: two images of one call can come from two commits when
somebody pushes in between.

The command ends when the build has ended, and its exit code is the build's: 0 when every image was pushed, else that of the
first that failed; 2 for a wrong argument; 75 when another build is going on. At the end it prints the digests, and the command
that rolls them out.

| part | what it is |
|---|---|
| \`deployment.yml\` | the pod: Kaniko's debug image, which has a shell; it passes the *baseline* Pod Security Standard |
| \`rbac.yml\` | the pod's service account, which may do nothing, and the role \`${h}-operator\` for people who start builds |
${a==="pvc"?"| `cache.yml` | 10 GiB for what `RUN --mount=type=cache` keeps between builds |\n":""}| \`scripts/\` | one script per image, and \`${v}\`; mounted at \`/scripts\` |

Who may start builds is given the role:

\`\`\`sh
kubectl${i} create rolebinding ${h}-operator --role=${h}-operator --user=NAME
\`\`\`

Layers are kept in \`<image>/cache\` in the registry, so that a build does only what changed. ${a==="pvc"?"Cache mounts are kept on a volume.":"Cache mounts are kept as long as the pod lives; with `--cache pvc` longer."}

## When it does not work

| what you see | what it is |
|---|---|
| pod stays in \`ContainerCreating\` | a secret is missing: \`kubectl${i} describe pod -l app.kubernetes.io/name=${h}\` names it |
| \`checking push permission \u2026 UNAUTHORIZED\` or \`DENIED\` | the login in \`${L(e)}\` is wrong, or may not push |
| \`authentication required\` while cloning | the repository is private: step 2, then \`kubectl${i} rollout restart deployment/${h}\` |
| exit code 137 | the build needed more memory than the node or the limit gives: \`builder.limits\` in \`image-release.yml\` |
| exit code 75 | another build is going on in this pod |

These images have neither SBOM nor provenance, and are built for the platform of the node. \`image-release release\` does more,
from a pod too: it attests, verifies, and rolls out by itself.
`}function Tn(e,t){let n=On(e);return[...Object.entries(Cn(e,Object.keys(n))).map(([r,o])=>({path:`${t}/${r}`,text:o})),...Object.entries(n).map(([r,o])=>({path:`${t}/scripts/${r}`,text:o,executable:!0})),{path:`${t}/README.md`,text:vn(e,t)}]}function Pn({config:e,source:t,repository:n,cache:r}){let o=Cr(n??t.url),s=o===void 0?[Or(n)]:[],a=t.repository?.split("/")[0],i=e.images.flatMap(d=>{s.push(...vr(d,e));let{key:l,image:u}=d,p=e.place(`images.${l}.image`),g=W({key:l,registry:e.registry,image:u,owner:a,place:p});return g.status==="name"?[{...d,image:g.image}]:(s.push(g.problem),[])});y(s);let c=e.builder.settings.find(d=>d.type==="kaniko");return{images:i,repository:o??"",branch:t.defaultBranch??"main",settings:c??{type:"kaniko"},cache:r}}function Cr(e){let[,t]=/^https:\/\/(?:[^@/]*@)?([^?#]+?)\/*$/.exec(e??"")??[];if(t!==void 0)return t.endsWith(".git")?t:`${t}.git`}function Or(e){return{code:"scaffold/repository-unknown",severity:"error",message:e===void 0?"This checkout has no origin that can be cloned by https, and the runner builds from git.":"--repository is no https address.",fix:"Give it: --repository https://github.com/OWNER/NAME."}}function vr(e,t){let{key:n}=e;return[...Object.entries(e.contexts).map(([o,s])=>[`contexts.${o}`,`stands on the named context ${o} (${s})`]),...Object.keys(e.extra).map(o=>[o,`has the setting ${o} of a bake file`]),...e.dockerfileInline===void 0?[]:[["dockerfile","has its Dockerfile in a bake or compose file"]],.../^[a-z][a-z0-9+.-]*:|^git@/i.test(e.context)?[["context",`has a context outside of the repository (${e.context})`]]:[],...e.platforms.length>1?[["platforms","is built for several platforms, and the runner has one"]]:[]].map(([o,s])=>({code:"scaffold/not-buildable",severity:"error",image:n,message:`Image ${n} ${s}.`,fix:"The runner hands the Dockerfile to Kaniko as it stands; build this image by `image-release release --builder kaniko`.",place:t.place(`images.${n}.${o}`)}))}function jn(e){return[{path:"scripts/build-images-safe.sh",text:Tr(e),executable:!0},{path:"scripts/kaniko-build.sh",text:Pr,executable:!0},{path:"scripts/check-build-status.sh",text:jr,executable:!0}]}var Ce=`IMAGE_RELEASE=\${IMAGE_RELEASE:-image-release}
if ! command -v "$IMAGE_RELEASE" >/dev/null; then
  printf '%s is not installed: npm install --global github:ardenone/image-release\\n' "$IMAGE_RELEASE" >&2
  exit 127
fi
`;function Tr(e){return`#!/bin/sh
# Builds the images of this repository, wherever that works. All of it is done by image-release;
# this script only has the options that such scripts use to have.
set -eu

usage() {
  cat <<'END'
Usage: scripts/build-images-safe.sh [OPTION]\u2026

Without --push the images are built, to prove that they build, and nothing is published.

  --push          publish the images
  --dry-run       plan and check; build and publish nothing
${e.map(n=>`--${n}-only`).map((n,r)=>`  ${n.padEnd(15)} build ${e[r]} alone; several of these add up`).join(`
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

${Ce}
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
`}var Pr=`#!/bin/sh
# Builds the images of this repository in the cluster, a Kaniko pod for each, and publishes them.
# Arguments go on to image-release build: keys of images, --dry-run, --no-cache, --tag TAG \u2026
set -eu

${Ce}
exec "$IMAGE_RELEASE" build --builder=kaniko "$@"
`,jr=`#!/bin/sh
# Shows what is deployed; with --watch it waits until the release of this commit is, or its run has failed.
# Arguments go on to image-release status.
set -eu

${Ce}
exec "$IMAGE_RELEASE" status "$@"
`;import{chmod as Ar,mkdir as Ir,readFile as Dr,writeFile as Nr}from"node:fs/promises";import{dirname as Lr,join as An}from"node:path";async function In(e,t){let n=await Promise.all(e.map(r=>Mr(r,t.root)));if(t.existing==="keep"&&y(n.filter(Gr).map(_r)),t.mode==="write")for(let{file:r,status:o}of n)o!=="unchanged"&&await Fr(r,t.root);return n.map(({file:{path:r},status:o})=>({path:r,status:o}))}async function Mr(e,t){let n=await Dr(An(t,e.path),"utf8").catch(r=>{if(r.code!=="ENOENT")throw r});return n===void 0?{file:e,status:"written"}:{file:e,status:n===e.text?"unchanged":"overwritten"}}function Gr({status:e}){return e==="overwritten"}function _r({file:e}){return{code:"scaffold/file-exists",severity:"error",message:`${e.path} is there already, with another text.`,fix:"Give --force to overwrite it (git keeps the old text), or move it away.",place:{file:e.path}}}async function Fr({path:e,text:t,executable:n},r){let o=An(r,e);await Ir(Lr(o),{recursive:!0}),await Nr(o,t),n===!0&&await Ar(o,493)}var Wr="k8s/kaniko",Dn={kaniko({words:e,options:t,command:n},r,{source:o}){let[s,...a]=e;if(s!=="init")throw m({code:"usage/missing-argument",message:s===void 0?"kaniko needs a word: init.":`There is no \`kaniko ${s}\`.`,fix:"`image-release kaniko init` writes a runner for the cluster."});T({command:n,words:a});let i=(t.text("output")??Wr).replace(/^\.\//,"").replace(/\/+$/,""),c=Br(t.text("cache")??"emptyDir");return Tn(Pn({config:r,source:o,repository:t.text("repository"),cache:c}),i)},init(e,t){if(T(e),e.options.has("scripts"))return jn(t.images.map(({key:n})=>n));throw m({code:"usage/missing-argument",message:"init was not told what to write.",fix:"Give --scripts for the wrapper scripts."})}};function Nn(e){return Object.hasOwn(Dn,e)}async function Ln(e,t,n,r){let{options:o}=t,s=Dn[e](t,n,r),a=o.has("dry-run")?"preview":"write",i=o.has("force")?"overwrite":"keep",c=await In(s,{root:r.root,existing:i,mode:a});return o.has("json")?`${JSON.stringify({files:c},null,2)}
`:`${c.map(Ur).join(`
`)}
${a==="preview"?`Nothing was written.
`:Kr(e,s)}`}function Br(e){if(e==="emptyDir"||e==="pvc")return e;throw m({code:"usage/bad-option",message:`--cache is emptyDir or pvc, here it is \`${e}\`.`,fix:"Give pvc to keep cache mounts longer than the pod lives."})}function Ur({path:e,status:t}){return`${t.padEnd(11)}  ${e}`}function Kr(e,t){return e==="init"?`Their options: scripts/build-images-safe.sh --help
`:`How to set it up: ${t.find(({path:r})=>r.endsWith("README.md"))?.path??""}
`}import{randomBytes as Hr}from"node:crypto";import{chmod as zr,lstat as Mn,open as Gn,readdir as Jr,readFile as qr,rename as Vr,rm as Yr,stat as Wn}from"node:fs/promises";import{basename as Xr,dirname as Qr,join as Oe,resolve as Bn}from"node:path";var _n=["kustomization.yaml","kustomization.yml","Kustomization"];async function Un(e){let{cwd:t,specs:n,missing:r,mode:o}=e,s=await es(e.path,t),a=Bn(t,s),i=await le(`read ${s}`,s,()=>qr(a)),c=Zr(s,i,n,r);if(c.status==="unchanged")return{status:"unchanged",path:s};o==="write"&&await le(`write ${s}`,s,()=>ts(a,c.bytes));let d=new TextDecoder("utf-8",{ignoreBOM:!0}),l=It(s.replaceAll("\\","/"),d.decode(i),d.decode(c.bytes));return{status:"changed",path:s,changes:c.changes,diff:l}}function Zr(e,t,n,r){let o=[],s=d=>{try{return d()}catch(l){if(!(l instanceof k))throw l;o.push(...l.problems);return}};if(n.length===0)throw m({code:"image/invalid-spec",message:"No image is given.",fix:"Name at least one: NAME=:TAG, such as api=:main-1a2b3c4."});let i=n.map(d=>s(()=>Dt(d))).filter(d=>d!==void 0),c=s(()=>Lt({path:e,bytes:t,edits:i,missing:r}));return y(o),c}async function es(e,t){let n=Bn(t,e),r=await le(`find ${e}`,e,()=>Wn(n),{code:"deploy/kustomization-missing",message:`There is no file or folder ${e}.`,fix:"Name a Kustomization, or the folder that holds it."});if(!r.isDirectory()){if((await Mn(n)).isSymbolicLink())throw Fn(e);if(r.isFile())return e;throw m({code:"deploy/kustomization-missing",message:`${e} is not a file.`,fix:"Name a Kustomization, or the folder that holds it."})}let o=new Set(await le(`read the folder ${e}`,e,()=>Jr(n))),[s,...a]=_n.filter(c=>o.has(c));if(s===void 0)throw m({code:"deploy/kustomization-missing",message:`The folder ${e} holds none of ${_n.join(", ")}.`,fix:"Name the folder that holds one, or the file itself."});if(a.length>0)throw m({code:"deploy/kustomization-ambiguous",message:`The folder ${e} holds ${[s,...a].join(" and ")}; kustomize refuses it.`,fix:"Keep one of them."});let i=Oe(e,s);if((await Mn(Oe(n,s))).isSymbolicLink())throw Fn(i);return i}async function ts(e,t){let{mode:n,uid:r,gid:o}=await Wn(e),s=Oe(Qr(e),`.${Xr(e)}.${Hr(6).toString("hex")}`);await(await Gn(e,"r+")).close();let a;try{a=await Gn(s,"wx",n),await a.writeFile(t),await a.chown(r,o).catch(()=>{}),await a.sync(),await a.close(),await zr(s,n),await Vr(s,e)}catch(i){throw await a?.close().catch(()=>{}),await Yr(s,{force:!0}),i}}async function le(e,t,n,r){try{return await n()}catch(o){let s=o.code;throw r&&(s==="ENOENT"||s==="ENOTDIR")?m(r,{cause:o}):m({code:"deploy/write-failed",message:`Can not ${e}: ${Fe(o)}.`,fix:"Check the permissions of the file and of its folder.",place:{file:t}},{cause:o})}}function Fn(e){return m({code:"deploy/kustomization-symlink",message:`${e} is a symbolic link; writing would replace the link, not the file.`,fix:"Name the file that it points to."})}async function Kn({words:e,options:t},n,r){let[o,...s]=e;if(o===void 0)throw m({code:"usage/missing-argument",message:"There is nothing to edit: no file was given.",fix:"Name a Kustomization or its folder, then the images: image-release set k8s api=:main-1a2b3c4."});let a=t.has("dry-run"),i=await Un({path:o,cwd:n,specs:s,missing:t.has("add")?"add":"refuse",mode:a?"preview":"write"});return r(t.has("json")?`${JSON.stringify(i,null,2)}
`:ns(i,a)),0}function ns(e,t){return e.status==="unchanged"?t?"":`${e.path} names these images already.
`:t?e.diff:`${e.changes.map(({name:r,before:o,after:s,line:a})=>`${e.path}:${a}  ${o??`${r} (new)`} \u2192 ${s}`).join(`
`)}
`}var zn={type:"steps",back:1},os=7,rs=10;function Jn(e,t,n,r=()=>{}){let o=[],s=[];for(let a of t){let i=A(e,a);if(i===void 0){s.push(ls(e,a));continue}let{current:c,newest:d,image:l}=i,u=n.type==="steps"?ss(i,n.back,r):as(i,n.name);if(u===void 0)s.push(cs(a.key,i,n));else if(u==="several")s.push(ds(a.key,i,n));else{let g=(i.status==="rolled-back"||u===c)&&we(u.source,d)?"unpinned":"pinned";o.push({key:a.key,image:l,from:c,to:u,newest:d,effect:g})}}return{choices:o,problems:s}}function qn(e){let[,t]=/^-(\d{1,4})$/.exec(e)??[];return t===void 0?{type:"named",name:e}:{type:"steps",back:Number(t)}}function ss(e,t,n){return ue(e).filter(r=>!is(e,r,n))[t-1]}function is(e,t,n){if(e.status!=="rolled-back")return!1;if(we(t.source,e.newest))return!0;let r=n(e,t);if(r==="ahead")return!0;if(r==="behind")return!1;let[o,s]=[t.source.run,e.current.source.run];return o!==void 0&&s!==void 0&&o>s}function as(e,t){let n=[e.current,...ue(e)],r=n.find(({tag:s})=>s===t);if(r||t.length<os)return r;let o=n.filter(({source:s})=>s.commit.startsWith(t.toLowerCase()));return new Set(o.map(({source:s})=>s.commit)).size>1?"several":o[0]}function ue({current:e,history:t}){let n=new Set([Hn(e)]);return t.filter(r=>{let o=Hn(r);return n.has(o)?!1:n.add(o)})}function Hn({tag:e,digest:t}){return`${e}@${t??""}`}function cs(e,t,n){let r=ue(t),{current:o}=t;if(r.length===0)return{code:"deploy/no-such-release",severity:"error",message:`${e} has no earlier release on record: ${o.tag} is the only one.`,fix:`Name another one in full: image-release deploy --image ${e}=${t.image}:TAG --allow-rollback.`,image:e};let s=n.type==="named"?n.name:void 0,a=s===void 0?void 0:E(s,[o,...r].map(({tag:i})=>i));return{code:"deploy/no-such-release",severity:"error",message:n.type==="steps"?`${e} has no ${n.back===1?"release":`${n.back} releases`} before ${o.tag}.`:`${e} was never released as ${n.name}, nor from such a commit, as far as the record goes.`,fix:a===void 0?"Give --to one of those that are listed.":`Did you mean --to ${a}?`,detail:Vn(t),image:e}}function ds(e,t,n){return{code:"deploy/no-such-release",severity:"error",message:`${e} has releases of several commits that begin with ${n.type==="named"?n.name:""}.`,fix:"Give more digits of the commit, or the tag.",detail:Vn(t),image:e}}function ls(e,{key:t,image:n}){return{code:"deploy/no-history",severity:"error",message:`The ledger of channel ${e.channel} knows no release of ${t}${n===void 0?"":` (${n})`}.`,fix:`Name the release yourself: image-release deploy --image ${t}=${n??"REF"}:TAG --allow-rollback.`,image:t}}function Vn(e){let t=[e.current,...ue(e)],n=t.slice(0,rs),r=Math.max(...n.map(({tag:a})=>a.length)),o=n.map(({tag:a,at:i,source:c},d)=>{let l=i.replace(/^(\S{10})T(\S{5}).*$/,"$1 $2 UTC");return`${a.padEnd(r)}  ${l}  from ${c.commit.slice(0,7)}${d===0?"  (deployed now)":""}`}),s=t.length-n.length;return[...o,...s>0?[`and ${s} more`]:[]].join(`
`)}function P(e){return fe(e).some(({severity:t})=>t==="error")?1:0}function Zn(e,t,n){return`${[...e.flatMap(o=>[Te(o,n),...o.images.flatMap(s=>Pe(s,t,n))]),...fe(e).map(o=>$(o,n)),je(e,{sound:"as recorded",unsound:"as recorded"},n),...ps(e,n)].join(`
`)}
`}function Te({channel:e,branch:t,repository:n},r){let o=`on branch ${t}${n===void 0?"":` of ${n}`}`;return`${r.strong(e)}  ${r.faint(o)}`}function Pe(e,t,n){let{key:r,image:o,standing:s,files:a,served:i}=e,{tag:c,digest:d}=N(s),l=[o??"",c===void 0?"":`:${c}`].join(""),u=a.flatMap(({entries:f})=>f.map(({place:R})=>_e({...R,column:void 0}))),p=e.problems.some(({code:f})=>f==="deploy/drifted"),g=[...u.length===0?[]:[u.join(", ")],...p?[n.bad("drifted from the record")]:[],...s.status==="absent"?[]:[us[i.status](n)]];return[`  ${n.strong(r)}  ${l}${d===void 0?"":`  ${n.faint(q(d))}`}`,`    ${ms(s,t)}`,...g.length===0?[]:[`    ${g.join(" \xB7 ")}`]]}var us={served:e=>e.good("served by the registry"),moved:e=>e.bad("its tag was moved in the registry"),untagged:e=>e.bad("its tag is gone from the registry"),gone:e=>e.bad("gone from the registry"),unanswered:e=>e.bad("the registry did not answer"),unasked:e=>e.faint("the registry was not asked")};function ms(e,t){switch(e.status){case"absent":return"not deployed";case"unrecorded":return"not on record: this is what the Kustomization says";case"proposed":return`proposed ${me(e,t)}${Yn(e)}`;case"rolled-back":return`rolled back ${me(e,t)}${Yn(e)}; pinned until something newer than ${pe(e.pinned)} comes`;case"deployed":return`deployed ${me(e,t)}`;case"unchanged":return`deployed ${me(e,t)}; the newest release found it in place`}}function me({release:e},t){let n=e.commit===void 0?"":`, by commit ${e.commit.slice(0,7)}`;return`${`${V(new Date(e.at),t)} (${wt(e.at)})`} from ${pe(e.source)}${n}`}function Yn(e){return e.pullRequest===void 0?"":`, waits in pull request #${e.pullRequest.number} (${e.pullRequest.url})`}function pe({commit:e,run:t}){return`${e.slice(0,7)}${t===void 0?"":`, run ${t}`}`}function je(e,t,n){let r=e.flatMap(c=>c.images),o=ve(r.filter(({problems:c})=>Xn(c)).map(({key:c})=>c));if(o.length>0)return`${n.bad("\u2717")} ${n.strong(`${x(o)} ${Qn(o,"does","do")} not stand ${t.unsound}.`)}`;if(e.some(({problems:c})=>Xn(c)))return`${n.bad("\u2717")} ${n.strong("Not everything could be read.")}`;let s=ve(r.filter(({standing:c})=>"release"in c).map(({key:c})=>c)),a=ve(r.map(({key:c})=>c)).filter(c=>!s.includes(c)),i=[...s.length>0?[`${x(s)} ${Qn(s,"stands","stand")} ${t.sound}.`]:[],...a.length>0?[`${x(a)}: nothing is on record yet.`]:[]].join(" ");return`${n.good("\u2713")} ${n.strong(i)}`}function ps(e,t){let n=e.flatMap(({images:r})=>r).find(({previous:r})=>r!==void 0);return n===void 0||P(e)!==0?[]:[t.faint(`  Back to ${n.previous}: image-release rollback ${n.key} --to ${n.previous}`)]}function eo(e){return{sound:P(e)===0,channels:e.map(t=>Ae(t,()=>({})))}}function Ae(e,t){let{images:n,...r}=e;return{...r,images:Object.fromEntries(n.map(o=>[o.key,{...fs(o),...t(o)}]))}}function fs({image:e,standing:t,files:n,served:r,problems:o}){let s="release"in t?t.release:void 0;return{image:e,status:t.status,...N(t),since:s?.at,source:s?.source,commit:s?.commit,pinned:"pinned"in t?t.pinned:void 0,pullRequest:"pullRequest"in t?t.pullRequest:void 0,registry:{status:r.status,digest:"digest"in r?r.digest:void 0},files:n.flatMap(({path:a,entries:i})=>i.map(({place:c,...d})=>({file:a,line:c.line,...d}))),problems:o}}function fe(e){return e.flatMap(({problems:t,images:n})=>[...t,...n.flatMap(r=>r.problems)])}function Xn(e){return e.some(({severity:t})=>t==="error")}function Qn(e,t,n){return e.length===1?t:n}function ve(e){return[...new Set(e)]}function to(e){return ge(e).length>0?dt:0}function no(e,t,n){return`${[...e.warnings.map(o=>$(o,n)),...e.channels.flatMap(({channel:o,choices:s,deployments:a})=>[`${n.strong(o)}`,...s.map(i=>`  ${gs(i,t,n)}`),...a.map(i=>xt(i,n))]),hs(e,n),...$s(e).map(o=>`  ${o}`)].join(`
`)}
`}function gs({key:e,from:t,to:n},r,o){let s=`deployed ${V(new Date(n.at),r)} from ${pe(n.source)}`;return t===n?`${o.strong(e)}  stays at ${n.tag}`:`${o.strong(e)}  ${t.tag} \u2192 ${n.tag} ${o.faint(`(${s})`)}`}function hs(e,t){let n=ge(e),r=ro(e).filter(({key:c})=>!n.includes(c)),o=x([...new Set(r.map(({key:c,to:d})=>`${c} to ${d.tag}`))]),s=c=>`${t.good("\u2713")} ${t.strong(c)}`;if(e.status==="planned")return s(`Would roll back ${o}; nothing was done (dry run).`);let a=`Did not roll back ${x(n)}: a newer release has landed meanwhile and stays.`;if(r.length===0)return`${t.bad("\u2717")} ${t.strong(a)}`;let i=`${ys[bs(e)](o)}`;return n.length===0?s(i):`${t.bad("\u2717")} ${t.strong(`${i} ${a}`)}`}var ys={committed:e=>`Rolled back ${e}.`,proposed:e=>`Proposed to roll back ${e}; the pull request has to be merged.`,unchanged:e=>`Nothing to write for ${e}: the Kustomization says it already.`};function bs({channels:e}){let t=e.flatMap(o=>o.deployments),n=o=>t.some(({status:s})=>s===o),r=t.some(o=>o.status==="proposed"&&o.state==="merged");return n("committed")||r?"committed":n("proposed")?"proposed":"unchanged"}function $s(e){let t=ge(e);if(t.length>0)return[`See what stands there now: image-release status ${t.join(" ")}`];let n=ro(e),r=e.status==="planned"?"would":"will",o=n.filter(({effect:i})=>i==="pinned"),s=[...new Set(o.map(({newest:i})=>i.commit.slice(0,7)))],a=n.filter(({effect:i})=>i==="unpinned").map(({key:i})=>i);return[...s.map(i=>`Runs of commits up to ${i} ${r} not undo this; newer commits ${r}.`),...a.length===0?[]:[`Nothing holds ${x([...new Set(a)])} back: releases go on as usual.`],...e.status==="planned"?[]:ws(e)]}function ws({channels:e}){return e.flatMap(({channel:t,choices:n})=>{let r=n.filter(({from:s,to:a,effect:i})=>i==="pinned"&&s!==a);return[...new Set(r.map(({from:s})=>s.tag))].map(s=>{let a=r.filter(({from:c})=>c.tag===s).map(({key:c})=>c),i=e.length>1?` --channel ${t}`:"";return`Back to ${s}: image-release rollback ${a.join(" ")} --to ${s}${i}`})})}function oo(e){let t=ge(e),n=t.length===0?"rolled-back":"superseded";return{outcome:{status:e.status==="planned"?"planned":n,superseded:t},channels:e.channels.map(({choices:r,...o})=>({...o,images:Object.fromEntries(r.map(({key:s,image:a,from:i,to:c,newest:d,effect:l})=>[s,{image:a,from:i,to:c,pinned:l==="pinned"?d:void 0}]))})),warnings:e.warnings}}function ge({channels:e}){let t=e.flatMap(({deployments:n})=>n.flatMap(r=>r.status==="skipped"?[]:r.superseded.map(({key:o})=>o)));return[...new Set(t)]}function ro({channels:e}){return e.flatMap(({choices:t})=>t)}function so(e,t,n){return`${[...e.flatMap(o=>[Te(o,n),...o.images.flatMap(s=>[...Pe(s,t,n),...s.platforms.map(a=>`    ${ks(a,n)}`),...s.signer?[`    signed by ${s.signer.workflow}`]:[]])]),...fe(e).map(o=>$(o,n)),je(e,{sound:"as recorded, and so do the attestations",unsound:"as recorded and attested"},n)].join(`
`)}
`}function ks({platform:e,digest:t,sbom:n,provenance:r},o){let s=[o.faint(q(t)),n===void 0?"no SBOM":`SBOM of ${n.packages} packages`,r===void 0?"no provenance":Ss(r)];return`${e}  ${s.join(" \xB7 ")}`}function Ss({source:e,revision:t}){return t===void 0?"provenance that names no commit":`provenance of commit ${t.slice(0,7)}${e===void 0?"":` of ${e}`}`}function io(e){return{sound:P(e)===0,channels:e.map(t=>Ae(t,({platforms:n,signer:r})=>({platforms:n,signer:r})))}}async function co(e,t,n,r,o){let s=new Map;if(n.type==="steps")for(let a of t){let i=A(e,a);if(i?.status!=="rolled-back")continue;let c=i.current.source.commit,d=0;for(let{source:l}of i.history){if(d>=n.back)break;let u=ao(c,l.commit),p=s.get(u)??await r.compare(c,l.commit,o);s.set(u,p),p==="behind"&&(d+=1)}}return(a,i)=>s.get(ao(a.current.source.commit,i.source.commit))}function ao(e,t){return`${e}..${t}`}async function lo(e,t,n,r){let o=await Rs(e,t,r),s=await Promise.all(Vt(o).map(async a=>[a.key,await qt(a,n,r.signal)]));return Yt(o,new Map(s))}async function Ie({channel:e},t,n){let[r]=await t.readLedgers([e],n);return r?.oid===void 0?void 0:Mt(r)}async function Rs(e,t,n){let r=await Ie(e,t,n),o=await t.snapshot(n),a=(await At(o,e.deploys)).map(i=>{if(i.status==="problem")return{files:[],problems:[i.problem]};let c=e.images.filter(({key:d})=>i.deploy.images.includes(d));return xs(i.path,i.file.bytes,c,r)});return{channel:e.channel,repository:e.repository,branch:e.branch,images:e.images,ledger:r,files:a.flatMap(({files:i})=>i),problems:a.flatMap(({problems:i})=>i),proposal:await Es(e,t,r,n)}}async function Es({channel:e,deploys:t},n,r,o){let s=[...r?.images.values()??[]];if(!(t.some(({target:{mode:c}})=>c!=="commit")||s.some(({status:c})=>c==="proposed"))||n.proposals===void 0)return"unknown";let i=await n.proposals.find(Gt(e),o);return i===void 0?"none":{number:i.number,url:i.url}}function xs(e,t,n,r){try{let o=Nt({path:e,bytes:t});return{files:n.map(a=>{let{key:i}=a,c=A(r,a)?.image??a.image;if(c===void 0)return{key:i,path:e,entries:[]};try{let d=jt(o,c);return{key:i,path:e,entries:d.map(l=>({place:o.placeOf(l.offset),...Cs(l)}))}}catch(d){if(!(d instanceof k))throw d;return{key:i,path:e,entries:[],problem:d.problems[0]}}}),problems:[]}}catch(o){if(!(o instanceof k))throw o;return{files:[],problems:o.problems}}}function Cs(e){let t=j($e(e));return t===void 0?{image:$e(e)}:{image:t.name,tag:t.tag,digest:t.digest}}function De({config:e,images:t,channel:n},r){y([...bt(e),...ft(e,t)]);let o=t.length>0?t:e.images.map(({key:l})=>l),s=mt(e,r,{mode:"push"},o,"true"),a=e.images.map(l=>Os(e,r,l.key)),i=new Map;for(let l of s){if(l.status==="skip")continue;let{branch:u,target:p}=l,g=`${l.channel} ${p.repository??""}`,f=i.get(g)??{channel:l.channel,repository:p.repository,branch:u,deploys:[],images:[]};f.deploys.push(l),f.images=a.filter(({key:R})=>f.deploys.some(Eo=>Eo.images.includes(R))),i.set(g,f)}let c=[...i.values()],d=c.filter(l=>n===void 0||l.channel===n);return y([...vs(s,c,c.length===0?o:t),...c.length>0&&d.length===0?[Ts(c,n??"")]:[]]),d}function Os(e,{repository:t},n){let r=e.images.find(a=>a.key===n),o=W({key:n,registry:e.registry,image:r?.image,owner:t?.split("/")[0]}),s=o.status==="name"?o.image:void 0;return{key:n,...s!==void 0&&{image:s},...t!==void 0&&{releasedFrom:t}}}function vs(e,t,n){let r=e.find(s=>s.status==="skip"),o=t.length===0&&r?` (${r.target.kustomization}: ${r.reason})`:"";return n.filter(s=>!t.some(({images:a})=>a.some(i=>i.key===s))).map(s=>({code:"deploy/not-configured",severity:"error",message:`${s} is deployed nowhere${o}.`,fix:"Add it to the `images` of a deploy target, or name the branch that is deployed to: `deploy.branch`.",image:s}))}function Ts(e,t){let n=[...new Set(e.map(({channel:o})=>o))],r=E(t,n);return{code:"deploy/unknown-channel",severity:"error",message:`There is no channel ${t}; there ${n.length===1?"is":"are"} ${n.join(", ")}.`,fix:r===void 0?"Name one of them with --channel.":`Did you mean --channel ${r}?`}}async function G(e,t){let{signal:n,registry:r}=t,o=De(e,t.source);return go(o,s=>fo(t,s,a=>lo(s,a,r,{signal:n})))}async function uo(e,t){try{await t.watchRelease()}catch(n){if(!(n instanceof k)||n.code!=="dispatch/run-not-found")throw n;let r=await G(e,t),o=r.flatMap(i=>i.images),{commit:s}=t.source,a=({standing:i})=>"release"in i&&i.release.source.commit===s;if(o.length===0||!o.every(a))throw n;return r}return G(e,t)}async function mo(e,t){let n=await G(e,t);return Promise.all(n.map(async r=>({...r,problems:r.problems.map(o=>o.code==="deploy/no-history"?{...o,severity:"error"}:o),images:await Promise.all(r.images.map(o=>Ps(e.config,o,t)))})))}async function Ps(e,t,n){let{key:r,image:o,standing:s,served:a}=t,i=N(s).digest??("digest"in a?a.digest:void 0);if(o===void 0||i===void 0||a.status==="gone")return{...t,platforms:[]};let c=e.images.find(R=>R.key===r)?.platforms??[],d="release"in s?s.release:void 0,l=d?.builtFrom??d?.source.commit,u=Ft({platforms:c,attest:gt(e,n.source)}),{sign:p}=e.attest,g=d?.source.repository??n.source.repository,f=await n.verify({key:r,image:o,digest:i,expected:u,commit:l,sign:p,repository:g});return{...t,platforms:f.platforms,...f.signer&&{signer:f.signer},problems:[...t.problems,...f.problems]}}async function po(e,t){let n=De(e,t.source),r=await go(n,async a=>({channel:a,choices:await js(a,e.to,t)})),o={status:e.until==="deploy"?"done":"planned",channels:[],warnings:[]},s=r.map(({channel:a,choices:i})=>{let c=[],d=a.deploys,l={source:t.source,images:c,publish:{mode:"push"},deploy:d},u=new Map(i.map(({image:p,newest:g})=>[p,g]));return{channel:a,choices:i,plan:l,rollouts:i.map(As),intent:{type:"rollback",seen:u}}});if(e.until!=="deploy"||s.length>1){let a=await Promise.all(s.map(({plan:i,rollouts:c,intent:d})=>t.check(i,c,d)));y(a.flat()),e.until!=="deploy"&&o.warnings.push(...a.flat())}for(let{channel:a,choices:i,plan:c,rollouts:d,intent:l}of s){let u=e.until==="deploy"?await t.deploy(c,d,l):{deployments:[],warnings:[]},{channel:p,repository:g,branch:f}=a;o.channels.push({channel:p,repository:g,branch:f,choices:i,deployments:u.deployments}),o.warnings.push(...u.warnings)}return o}async function js(e,t,n){let{signal:r}=n,o=await fo(n,e,c=>Ie(e,c,{signal:r}));if(o===void 0)throw Is(e);let s=await n.withHistory(c=>co(o,e.images,t,c,{signal:r})),{choices:a,problems:i}=Jn(o,e.images,t,s);return y(i),a}function As({key:e,image:t,to:n}){let{tag:r,digest:o,source:s,fingerprint:a,builtFrom:i}=n;return{key:e,image:t,releaseTag:r,digest:o,source:s,fingerprint:a,builtFrom:i}}function Is({channel:e,branch:t,images:n}){let[r]=n;return m({code:"deploy/no-history",message:`Channel ${e} (branch ${t}) has no ledger, so what was deployed before is not known.`,fix:`Name the release yourself: image-release deploy --image ${r?.key??"KEY"}=${r?.image??"REF"}:TAG --allow-rollback.`})}async function fo(e,{repository:t,branch:n},r){let o=e.openTarget({repository:t,branch:n});try{return await r(o)}finally{await o.close()}}async function go(e,t){let n=[],r=[];for(let o of e)try{r.push(await t(o))}catch(s){if(!(s instanceof k))throw s;n.push(...s.problems)}return y(n),r}var ho={async status(e){let n=await(e.invocation.options.has("watch")?uo:G)(Ne(e),e.world);return{to:"stdout",exitCode:P(n),text:r=>Zn(n,new Date,r),json:eo(n)}},async verify(e){let t=await mo(Ne(e),e.world);return{to:"stdout",exitCode:P(t),text:n=>so(t,new Date,n),json:io(t)}},async rollback(e){let t=e.invocation.options.text("to"),n=e.order.until==="deploy"?"deploy":"preflight",r={...Ne(e),to:t===void 0?zn:qn(t),until:n},o=await po(r,e.world);return{to:"stdout",exitCode:to(o),text:s=>no(o,new Date,s),json:oo(o)}}};function yo(e){return Object.hasOwn(ho,e)}function bo(e,t){return ho[e](t)}function $o(e){if(e instanceof Ge){let r={outcome:{status:"cancelled",problems:[],while:e.during}};return{to:"stderr",exitCode:130,text:o=>`${o.bad("\u2717")} ${e.message}
`,json:r}}let t=z(e),n=ct(t);return{to:"stderr",exitCode:H(t),text:r=>`${n.map(o=>$(o,r)).join(`
`)}
`,json:J(t)}}function Ne({invocation:e,order:t,config:n}){return{config:n,images:t.request.images,channel:e.options.text("channel")}}function wo(e,t){let n=e.plan?.images.find(c=>c.key===t),r=e.plan?.images.map(c=>c.key)??[];if(n===void 0){let c=E(t,r);throw m({code:"plan/unknown-image",message:`There is no image ${t} in this plan.`,fix:c===void 0?`Its images are: ${r.join(", ")}.`:`Did you mean ${c}?`})}let o=e.comparison?.inputs[t],s=o?.record,a=e.comparison?.baselines[t]?.candidates??[],i=a.find(({verdict:c})=>c.status==="whole")??a.find(c=>c.record!==void 0)??a[0];return{key:t,status:n.status,reason:n.reason,fingerprint:n.fingerprint,...o?.status==="unknown"&&{unpinned:o.reason},...n.paths!==void 0&&{paths:n.paths},inputs:s?.inputs??[],bases:Ds(e,o?.status==="known"?o.images:[]),...i!==void 0&&{published:{tag:i.tag,digest:i.digest,fingerprint:i.fingerprint,...i.record!==void 0&&s!==void 0&&{differences:ut(i.record,s)}}}}}function Ds({comparison:e},t){return Object.fromEntries(t.map(n=>{let r=e?.bases[n];return r===void 0?[n,"not asked"]:[n,"digest"in r?r.digest:r.unresolved]}))}function ko(e,t){let n=Object.entries(e.bases);return`${[`${t.strong(e.key)}  ${Ct(e)}`,`  fingerprint  ${e.fingerprint??`none: ${e.unpinned??"its inputs are not known"}`}`,...Ns(e.published,t),...e.paths===void 0?[]:[`  paths        ${e.paths.join(", ")}: by your word nothing else of its context counts`],"",`${t.strong("inputs")}  ${e.inputs.length}`,...e.inputs.map(({name:o,hash:s})=>`  ${t.faint(s.slice(0,12))}  ${D(o)}`),...n.length===0?[]:["",t.strong("built on")],...n.map(([o,s])=>`  ${o}  ${t.faint(s)}`)].join(`
`)}
`}function Ns(e,t){if(e===void 0)return["  published    nothing that it was compared with"];let{tag:n,digest:r,fingerprint:o,differences:s}=e;return[`  published    ${n} ${t.faint(r)}`,`               ${o??"without a fingerprint"}`,...s===void 0?["  differences  not known: what is published has no record of its inputs"]:Ls(s,t)]}function Ls({added:e,removed:t,changed:n},r){let o=[...n.map(s=>`~ ${D(s)}`),...e.map(s=>r.good(`+ ${D(s)}`)),...t.map(s=>r.bad(`- ${D(s)}`))];return o.length===0?["  differences  none"]:["  differences",...o.map(s=>`    ${s}`)]}var b=process.env,he=[],_=e=>ye(he)(e);async function Ws(){let e=cn(process.argv.slice(2));switch(e.type){case"help":return process.stdout.write(`${kn(e.command)}
`),0;case"version":return process.stdout.write(`${Zt}
`),0;case"command":return Bs(e)}}async function Bs(e){let t=Fs(e.options.text("directory")??".");if(e.command==="schema"){T(e);let{imageReleaseJsonSchema:o}=await import("../chunks/schema-OQBDYVGL.js");return process.stdout.write(`${JSON.stringify(o(),null,2)}
`),0}if(e.command==="set")return Kn(e,t,o=>process.stdout.write(o));if(Nn(e.command)){let o=Ee(e,b),{config:s,git:a}=await Ro(o,t);return process.stdout.write(await Ln(e.command,e,s,a)),0}let{command:n}=e;if(n==="doctor"){T(e);let o={directory:t,env:b,uid:process.getuid?.()};return So(e,bn({...o,inWorld:s=>Le(e,t,s)}))}if(yo(n)){let o=Le(e,t,(s,a,i)=>bo(n,{invocation:e,order:i,config:a,world:s}));return So(e,o)}let r=await Us(e,t);return zs(e,r),H(r)}async function Us(e,t){return Le(e,t,async(n,r,{request:o,until:s,compare:a,notices:i})=>e.command==="deploy"?await yt({config:r,request:o,until:s,notices:i},Rn(e),n):await ht({config:r,request:o,until:s,compare:a,notices:i},n)).catch(z)}async function So({options:e},t){let n=await t.catch($o);if(e.has("json"))process.stdout.write(_(`${JSON.stringify(n.json,null,2)}
`));else{let r=process[n.to];r.write(_(n.text(Me(r))))}return n.exitCode}async function Le(e,t,n){let r=[],o=it(()=>{for(let s of r)Ms(s,{recursive:!0,force:!0})});try{let s=Ee(e,b);he.push(...[s.password,s.token,s.deployToken].flatMap(u=>u??[]));let{git:a,config:i,notices:c}=await Ro(s,t,o.signal);he.push(...tt([...i.images,...i.helpers],a.root,b));let d=await Ks(s,a,i,o.signal,u=>r.push(u)),l=await Qt(d,i);try{return await n(l,i,{...s,notices:c})}finally{await l.close()}}finally{o.dispose()}}async function Ro(e,t,n){let r=await K({cwd:t,env:b,now:Math.floor(Date.now()/1e3)}),o=Je(await He(e.config,r.root)),{config:s,problems:a}=await et({config:o,root:r.root,env:b,run:F,signal:n}),i={...s,builder:Ke(s.builder,e.request.builder)};return{git:r,config:i,notices:a}}async function Ks(e,t,n,r,o){let s=qe(n),{username:a,password:i,run:c}=e,d=e.source&&await ot({cwd:t.root,env:b},e.source),l=ye(he),u=p=>process.stderr.write(`${l(p)}
`);return{root:t.root,source:{...t.source,...d&&{commit:d},...c&&{run:c}},uncommitted:t.uncommitted,environment:{kind:"terminal"},platform:rt(process.arch),env:b,home:Gs(),temp:_s(),logins:s&&a&&i?[{host:s,username:a,password:i}]:[],...await wn(e,t,n,b),signing:Hs(e,t),registryCheck:e.registryCheck,request:{...e.request,config:e.config},forge:Re(t,b),askCancel:process.stdin.isTTY&&process.stderr.isTTY?en:void 0,uid:process.getuid?.(),userAgent:X,signal:r,onProgress:We(u),say:u,redact:l,onLeftover:p=>"dockerConfig"in p&&o(p.dockerConfig)}}function Hs({until:e,token:t,trustedRoot:n},r){if(e==="plan")return;let{repository:o,url:s}=r.source;return{serverUrl:Re(r,b).serverUrl,...o!==void 0&&s!==void 0&&{store:{apiUrl:oe(s,b),repository:o,token:t}},...Xt(b),...n!==void 0&&{trustedRoot:n}}}function zs({command:e,options:t},n){let{status:r}=n.outcome,o=e==="plan"&&r==="planned",s=t.text("explain"),a=o&&s!==void 0?wo(n,s):void 0;if(t.has("json")){let u=o?$t(n,a):J(n);process.stdout.write(_(`${JSON.stringify(u,null,2)}
`));return}let i=r==="failed"||r==="cancelled"?process.stderr:process.stdout,c=Me(i),d=a!==void 0?ko(a,c):r==="planned"?Ot(n,c):Rt(n,c),l=r==="planned"&&e!=="plan";i.write(_(l?`${d}
${Et(n,c)}
`:d))}function Me(e){return e.isTTY&&!b.NO_COLOR?St:kt}st([process.stdout,process.stderr]);process.exitCode=await Ws().catch(e=>{let t=lt(e),n=Me(process.stderr);return process.stderr.write(_(`${t.map(r=>$(r,n)).join(`
`)}
`)),at(t.map(({code:r})=>r))});
