import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
var e=["\u280B","\u2819","\u2839","\u2838","\u283C","\u2834","\u2826","\u2827","\u2807","\u280F"];export{e as a};
