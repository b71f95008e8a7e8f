import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{o as a,p as b,q as c,r as d}from"./chunk-BF6LQEVH.js";import"./chunk-DIROYGKN.js";import"./chunk-TX2TMZPC.js";export{a as DEFAULTS,c as JSON_SCHEMA_URL,b as configSchema,d as imageReleaseJsonSchema};
