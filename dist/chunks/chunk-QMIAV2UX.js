import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{r as t,s}from"./chunk-IM7BZE3A.js";function f(e){for(let[r,o]of Object.entries(e))t(r,o)}function d(){let e=r=>{let o=s(r);return o===""?[]:JSON.parse(o)};return{dockerConfigs:e("dockerConfigs"),builders:e("builders"),pods:e("pods")}}export{f as a,d as b};
