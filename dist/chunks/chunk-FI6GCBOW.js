import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
function r(e){return e.startsWith("image:")?e.slice(6):void 0}function i({contexts:e}){return Object.values(e).flatMap(t=>r(t)??[])}export{r as a,i as b};
