import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{a as f}from"./chunk-V6VSLH2W.js";import"./chunk-CEPYIGHU.js";import{a as E,b as p,c as g,d as h}from"./chunk-OSLYXBZE.js";import"./chunk-TX2TMZPC.js";var R=[["0","success, including nothing to do"],["1","failure"],["2","wrong usage or configuration"],["3","not deployed: a newer release is deployed, or the order is unknown"],["130","cancelled"]],w=[["GITHUB_TOKEN, GH_TOKEN","token for the GitHub API; without one, image-release uses git push"],["IMAGE_RELEASE_DEPLOY_TOKEN","token for deploy commits, instead of GITHUB_TOKEN"],["IMAGE_RELEASE_REGISTRY_USERNAME","user name for the registry"],["IMAGE_RELEASE_REGISTRY_PASSWORD","password or token for the registry"],["IMAGE_RELEASE_TRUSTED_ROOT","file with the trusted root for signatures"],["NO_COLOR, FORCE_COLOR","turn colors off or on"]];function T(e,n){let t=Math.min(n,$);return e===void 0?_(t):b(e,p[e],t)}var $=100;function _(e){let n=Math.max(...Object.keys(p).map(r=>r.length)),t=Object.entries(p),s=Object.entries(E).map(([r,o])=>{let i=t.filter(([,a])=>a.group===r);return`${o}
${u(i.map(([a,{help:d}])=>[a,d]),{width:n,columns:e})}`});return[m("image-release builds the images of a repository that changed, publishes them with SBOM and provenance, and deploys them by updating your Kustomization.",e).join(`
`),`Usage
  image-release COMMAND [options]`,...s,O(h,e),`Environment
${u(w,{width:31,columns:e})}`,`Exit codes
${u(R,{width:3,columns:e})}`,m("Run `image-release COMMAND --help` for the options and examples of a command.",e).join(`
`)].join(`

`)}function b(e,n,t){let s=Object.entries(n.examples).map(([r,o])=>`  # ${o}
  ${r}`);return[m(n.help,t).join(`
`),`Usage
  image-release ${e} ${n.usage}`.trimEnd(),`Examples
${s.join(`
`)}`,O(g(e),t)].join(`

`)}function O(e,n){let t=Object.entries(e).map(([r,o])=>[`${o.short===void 0?"":`-${o.short}, `}--${r}${o.value===void 0?"":` ${o.value}`}`,o.help]),s=Math.min(24,Math.max(...t.map(([r])=>r.length)));return`Options
${u(t,{width:s,columns:n})}`}function u(e,{width:n,columns:t}){let s=t-n-4<M?4:n,r=" ".repeat(s+4);return e.flatMap(([i,a])=>{let[d="",...l]=m(a,t-r.length);return[...i.length>s?[`  ${i}`,`${r}${d}`]:[`  ${i.padEnd(s)}  ${d}`],...l.map(c=>`${r}${c}`)]}).join(`
`)}var M=28;function m(e,n){return f(e,n,{hard:!1}).split(`
`)}export{T as renderHelp};
