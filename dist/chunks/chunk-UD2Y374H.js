function t({digest:r,tags:e}){return(e[0]??r).replace(/^(sha\d+[:-][0-9a-f]{12})[0-9a-f]{52,}/,e[0]===void 0?"$1":"$1\u2026")}var s=({image:r,digest:e})=>`${r}@${e}`;export{t as a,s as b};
