import{b as g,c as m,d as f}from"./chunk-ZHW5UVRS.js";import"./chunk-EPXOE4VI.js";var E={start:"Get started",daily:"Release",trouble:"Inspect and roll back",parts:"Other commands"};var h=[["0","success, including nothing to do"],["1","failure"],["2","wrong usage or configuration"],["3","not deployed: a newer release is deployed, or the order is unknown"],["130","cancelled"]],R=[["GITHUB_TOKEN, GH_TOKEN","token for the GitHub API; without one, image-release uses git push"],["IMAGE_RELEASE_DEPLOY_TOKEN","token for deploy commits, instead of GITHUB_TOKEN"],["IMAGE_RELEASE_REGISTRY_USERNAME","user name for the registry"],["IMAGE_RELEASE_REGISTRY_PASSWORD","password or token for the registry"],["IMAGE_RELEASE_TRUSTED_ROOT","file with the trusted root for signatures"],["NO_COLOR, FORCE_COLOR","turn colors off or on"]];function T(e,n){let t=Math.min(n,$);return e===void 0?w(t):b(e,m[e],t)}var $=100;function w(e){let n=Math.max(...Object.keys(m).map(r=>r.length)),t=Object.entries(m),o=Object.entries(E).map(([r,s])=>{let i=t.filter(([,a])=>a.group===r);return`${s}
${u(i.map(([a,{help:d}])=>[a,d]),{width:n,columns:e})}`});return[p("image-release builds the images of a repository that changed, publishes them with SBOM and provenance, and deploys them by updating your Kustomization.",e).join(`
`),`Usage
  image-release COMMAND [options]`,...o,O(g,e),`Environment
${u(R,{width:31,columns:e})}`,`Exit codes
${u(h,{width:3,columns:e})}`,p("Run `image-release COMMAND --help` for the options and examples of a command.",e).join(`
`)].join(`

`)}function b(e,n,t){let o=Object.entries(n.examples).flatMap(([r,s])=>[...p(s,t-4).map(i=>`  # ${i}`),`  ${r}`]);return[p(n.help,t).join(`
`),`Usage
  image-release ${e} ${n.usage}`.trimEnd(),`Examples
${o.join(`
`)}`,O(f(e),t)].join(`

`)}function O(e,n){let t=Object.entries(e).map(([r,s])=>[`${s.short===void 0?"":`-${s.short}, `}--${r}${y(s)}`,s.help]),o=Math.min(24,Math.max(...t.map(([r])=>r.length)));return`Options
${u(t,{width:o,columns:n})}`}function y({value:e,omitted:n}){return e===void 0?"":n===void 0?` ${e}`:`[=${e}]`}function u(e,{width:n,columns:t}){let o=t-n-4<M?4:n,r=" ".repeat(o+4);return e.flatMap(([i,a])=>{let[d="",...c]=p(a,t-r.length);return[...i.length>o?[`  ${i}`,`${r}${d}`]:[`  ${i.padEnd(o)}  ${d}`],...c.map(l=>`${r}${l}`)]}).join(`
`)}var M=28;function p(e,n){let t=new RegExp(`(?![^\\n]{1,${n}}$)([^\\n]{1,${n}}) `,"gm");return e.replaceAll(t,`$1
`).split(`
`)}export{T as renderHelp,y as valueOf};
