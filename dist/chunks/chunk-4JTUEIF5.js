import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{f as r}from"./chunk-LDY476TH.js";function t(e,o){return r({code:"usage/invalid",message:e,fix:o})}export{t as a};
