import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{e as a,f as b,g as c,h as d}from"./chunk-EAHRB26T.js";import"./chunk-3HUETSGJ.js";import"./chunk-74BBP6V6.js";import"./chunk-DIROYGKN.js";import"./chunk-TX2TMZPC.js";export{a as DEFAULTS,c as JSON_SCHEMA_URL,b as configSchema,d as imageReleaseJsonSchema};
