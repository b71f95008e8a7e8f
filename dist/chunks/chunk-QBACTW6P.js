import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
function n(e){for(let r of e)r.on("error",o=>{if(o.code!=="EPIPE")throw o})}export{n as a};
