import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{c as p,d as a}from"./chunk-XH7QHROP.js";import"./chunk-TX2TMZPC.js";var l="\xA0";function $(t){return(r,n)=>{if(p(r)<=t)return r;let[,o="",f=""]=/^( *)([^]*)$/.exec(r)??[],c=f.replaceAll(/`[^`\n]+`/g,e=>e.replaceAll(" ",l)),[m="",...i]=s(c,t-o.length),u=i.length===0?[]:s(i.join(" "),t-n);return[`${o}${m}`,...u.map(e=>`${" ".repeat(n)}${e}`)].join(`
`).replaceAll(l," ")}}function s(t,r){return a(t,Math.max(20,r),{hard:!1}).split(`
`)}export{$ as fitTo};
