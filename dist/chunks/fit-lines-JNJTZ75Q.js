import{c as p,d as a}from"./chunk-5EAEGU7L.js";import"./chunk-Y42F2D4C.js";import"./chunk-RJLWNVF2.js";import"./chunk-2LUPOTBX.js";import"./chunk-YMO5YDNW.js";import"./chunk-EPXOE4VI.js";var l="\xA0";function $(t){return(r,n)=>{if(p(r)<=t)return r;let[,o="",s=""]=/^( *)([^]*)$/.exec(r)??[],f=s.replaceAll(/`[^`\n]+`/g,e=>e.replaceAll(" ",l)),[c="",...i]=m(f,t-o.length),u=i.length===0?[]:m(i.join(" "),t-n);return[`${o}${c}`,...u.map(e=>`${" ".repeat(n)}${e}`)].join(`
`).replaceAll(l," ")}}function m(t,r){return a(t,Math.max(20,r),{hard:!1}).split(`
`)}export{$ as fitTo};
