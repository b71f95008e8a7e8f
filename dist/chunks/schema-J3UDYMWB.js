import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{g as a,h as b,i as c,j as d}from"./chunk-WSYCK72L.js";import"./chunk-KKXC3CJG.js";import"./chunk-RD3HXQCR.js";import"./chunk-DIROYGKN.js";import"./chunk-TX2TMZPC.js";export{a as DEFAULTS,c as JSON_SCHEMA_URL,b as configSchema,d as imageReleaseJsonSchema};
