import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{l as a,m as b,n as c,o as d}from"./chunk-ECDLI5R3.js";import"./chunk-KTHAH7R2.js";export{a as DEFAULTS,c as JSON_SCHEMA_URL,b as configSchema,d as imageReleaseJsonSchema};
