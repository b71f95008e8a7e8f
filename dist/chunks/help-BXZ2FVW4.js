import{a as g,b as u,c as E,d as h}from"./chunk-UCS4MQHR.js";import"./chunk-EPXOE4VI.js";var c=[["0","success, including nothing to do"],["1","failure"],["2","wrong usage or configuration"],["3","not deployed: a newer release is deployed, or the order is unknown"],["130","cancelled"]],R=[["GITHUB_TOKEN, GH_TOKEN","token for the GitHub API; without one, image-release uses git push"],["IMAGE_RELEASE_DEPLOY_TOKEN","token for deploy commits, instead of GITHUB_TOKEN"],["IMAGE_RELEASE_REGISTRY_USERNAME","user name for the registry"],["IMAGE_RELEASE_REGISTRY_PASSWORD","password or token for the registry"],["IMAGE_RELEASE_TRUSTED_ROOT","file with the trusted root for signatures"],["NO_COLOR, FORCE_COLOR","turn colors off or on"]];function N(e,t){let n=Math.min(t,$);return e===void 0?w(n):M(e,u[e],n)}var $=100;function w(e){let t=Math.max(...Object.keys(u).map(r=>r.length)),n=Object.entries(u),s=Object.entries(g).map(([r,o])=>{let i=n.filter(([,a])=>a.group===r);return`${o}
${m(i.map(([a,{help:d}])=>[a,d]),{width:t,columns:e})}`});return[p("image-release builds the images of a repository that changed, publishes them with SBOM and provenance, and deploys them by updating your Kustomization.",e).join(`
`),`Usage
  image-release COMMAND [options]`,...s,l(h,e),`Environment
${m(R,{width:31,columns:e})}`,`Exit codes
${m(c,{width:3,columns:e})}`,p("Run `image-release COMMAND --help` for the options and examples of a command.",e).join(`
`)].join(`

`)}function M(e,t,n){let s=Object.entries(t.examples).flatMap(([r,o])=>[...p(o,n-4).map(i=>`  # ${i}`),`  ${r}`]);return[p(t.help,n).join(`
`),`Usage
  image-release ${e} ${t.usage}`.trimEnd(),`Examples
${s.join(`
`)}`,l(E(e),n)].join(`

`)}function l(e,t){let n=Object.entries(e).map(([r,o])=>[`${o.short===void 0?"":`-${o.short}, `}--${r}${o.value===void 0?"":` ${o.value}`}`,o.help]),s=Math.min(24,Math.max(...n.map(([r])=>r.length)));return`Options
${m(n,{width:s,columns:t})}`}function m(e,{width:t,columns:n}){let s=n-t-4<_?4:t,r=" ".repeat(s+4);return e.flatMap(([i,a])=>{let[d="",...O]=p(a,n-r.length);return[...i.length>s?[`  ${i}`,`${r}${d}`]:[`  ${i.padEnd(s)}  ${d}`],...O.map(f=>`${r}${f}`)]}).join(`
`)}var _=28;function p(e,t){let n=new RegExp(`(?![^\\n]{1,${t}}$)([^\\n]{1,${t}}) `,"gm");return e.replaceAll(n,`$1
`).split(`
`)}export{N as renderHelp};
