import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
function n(r){try{return JSON.parse(typeof r=="string"?r:Buffer.from(r).toString())}catch{return}}export{n as a};
