import{a as u,b as f}from"./chunk-NCAMFIEO.js";import{b as m,q as E}from"./chunk-RH3RXIN3.js";import"./chunk-EPXOE4VI.js";var c=[["0","success, including nothing to do"],["1","failure"],["2","wrong usage or configuration"],["3","not deployed: a newer release is deployed, or the order is unknown"],["130","cancelled"]],R=[["GITHUB_TOKEN, GH_TOKEN","token for the GitHub API; without one, image-release uses git push"],["IMAGE_RELEASE_DEPLOY_TOKEN","token for deploy commits, instead of GITHUB_TOKEN"],["IMAGE_RELEASE_REGISTRY_USERNAME","user name for the registry"],["IMAGE_RELEASE_REGISTRY_PASSWORD","password or token for the registry"],["IMAGE_RELEASE_TRUSTED_ROOT","file with the trusted root for signatures"],["NO_COLOR, FORCE_COLOR","turn colors off or on"]];function T(e,n){let t=Math.min(n,$);return e===void 0?w(t):M(e,u[e],t)}var $=100;function w(e){let n=Math.max(...Object.keys(u).map(r=>r.length)),t=Object.entries(u),o=Object.entries(m).map(([r,i])=>{let s=t.filter(([,a])=>a.group===r);return`${i}
${g(s.map(([a,{help:d}])=>[a,d]),{width:n,columns:e})}`});return[p("image-release builds the images of a repository that changed, publishes them with SBOM and provenance, and deploys them by updating your Kustomization.",e).join(`
`),`Usage
  image-release COMMAND [options]`,...o,h(E,e),`Environment
${g(R,{width:31,columns:e})}`,`Exit codes
${g(c,{width:3,columns:e})}`,p("Run `image-release COMMAND --help` for the options and examples of a command.",e).join(`
`)].join(`

`)}function M(e,n,t){let o=Object.entries(n.examples).flatMap(([r,i])=>[...p(i,t-4).map(s=>`  # ${s}`),`  ${r}`]);return[p(n.help,t).join(`
`),`Usage
  image-release ${e} ${n.usage}`.trimEnd(),`Examples
${o.join(`
`)}`,h(f(e),t)].join(`

`)}function h(e,n){let t=Object.entries(e).map(([r,i])=>[`${i.short===void 0?"":`-${i.short}, `}--${r}${_(i)}`,i.help]),o=Math.min(24,Math.max(...t.map(([r])=>r.length)));return`Options
${g(t,{width:o,columns:n})}`}function _({value:e,omitted:n}){return e===void 0?"":n===void 0?` ${e}`:`[=${e}]`}function g(e,{width:n,columns:t}){let o=t-n-4<b?4:n,r=" ".repeat(o+4);return e.flatMap(([s,a])=>{let[d="",...O]=p(a,t-r.length);return[...s.length>o?[`  ${s}`,`${r}${d}`]:[`  ${s.padEnd(o)}  ${d}`],...O.map(l=>`${r}${l}`)]}).join(`
`)}var b=28;function p(e,n){let t=new RegExp(`(?![^\\n]{1,${n}}$)([^\\n]{1,${n}}) `,"gm");return e.replaceAll(t,`$1
`).split(`
`)}export{T as renderHelp,_ as valueOf};
