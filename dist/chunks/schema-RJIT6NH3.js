import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{k as a,l as b,m as c,n as d}from"./chunk-IZGSIAQP.js";import"./chunk-KB7GY4C7.js";import"./chunk-TX2TMZPC.js";export{a as DEFAULTS,c as JSON_SCHEMA_URL,b as configSchema,d as imageReleaseJsonSchema};
