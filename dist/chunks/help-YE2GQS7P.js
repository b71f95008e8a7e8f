import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{a as f}from"./chunk-HZUTQBMM.js";import"./chunk-UYJZE4T6.js";import{a as E,b as u,c as g,d as h}from"./chunk-TOLYNTLA.js";import"./chunk-TX2TMZPC.js";var R=[["0","success, including nothing to do"],["1","failure"],["2","wrong usage or configuration"],["3","not deployed: a newer release is deployed, or the order is unknown"],["130","cancelled"]],w=[["GITHUB_TOKEN, GH_TOKEN","token for the GitHub API; without one, image-release uses git push"],["IMAGE_RELEASE_DEPLOY_TOKEN","token for deploy commits, instead of GITHUB_TOKEN"],["IMAGE_RELEASE_REGISTRY_USERNAME","user name for the registry"],["IMAGE_RELEASE_REGISTRY_PASSWORD","password or token for the registry"],["IMAGE_RELEASE_TRUSTED_ROOT","file with the trusted root for signatures"],["NO_COLOR, FORCE_COLOR","turn colors off or on"]];function T(e,n){let t=Math.min(n,$);return e===void 0?M(t):_(e,u[e],t)}var $=100;function M(e){let n=Math.max(...Object.keys(u).map(r=>r.length)),t=Object.entries(u),s=Object.entries(E).map(([r,o])=>{let i=t.filter(([,a])=>a.group===r);return`${o}
${m(i.map(([a,{help:p}])=>[a,p]),{width:n,columns:e})}`});return[d("image-release builds the images of a repository that changed, publishes them with SBOM and provenance, and deploys them by updating your Kustomization.",e).join(`
`),`Usage
  image-release COMMAND [options]`,...s,O(h,e),`Environment
${m(w,{width:31,columns:e})}`,`Exit codes
${m(R,{width:3,columns:e})}`,d("Run `image-release COMMAND --help` for the options and examples of a command.",e).join(`
`)].join(`

`)}function _(e,n,t){let s=Object.entries(n.examples).flatMap(([r,o])=>[...d(o,t-4).map(i=>`  # ${i}`),`  ${r}`]);return[d(n.help,t).join(`
`),`Usage
  image-release ${e} ${n.usage}`.trimEnd(),`Examples
${s.join(`
`)}`,O(g(e),t)].join(`

`)}function O(e,n){let t=Object.entries(e).map(([r,o])=>[`${o.short===void 0?"":`-${o.short}, `}--${r}${o.value===void 0?"":` ${o.value}`}`,o.help]),s=Math.min(24,Math.max(...t.map(([r])=>r.length)));return`Options
${m(t,{width:s,columns:n})}`}function m(e,{width:n,columns:t}){let s=t-n-4<b?4:n,r=" ".repeat(s+4);return e.flatMap(([i,a])=>{let[p="",...l]=d(a,t-r.length);return[...i.length>s?[`  ${i}`,`${r}${p}`]:[`  ${i.padEnd(s)}  ${p}`],...l.map(c=>`${r}${c}`)]}).join(`
`)}var b=28;function d(e,n){return f(e,n,{hard:!1}).split(`
`)}export{T as renderHelp};
