function n(e){for(let r of e)r.on("error",o=>{if(o.code!=="EPIPE")throw o})}export{n as a};
