import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{p as a,q as b,r as c,s as d}from"./chunk-GLVXAD5L.js";import"./chunk-DIROYGKN.js";import"./chunk-TX2TMZPC.js";export{a as DEFAULTS,c as JSON_SCHEMA_URL,b as configSchema,d as imageReleaseJsonSchema};
