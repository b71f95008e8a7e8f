import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{h as a,i as b,j as c,k as d}from"./chunk-5T2YYBKL.js";import"./chunk-GGHEBOJF.js";import"./chunk-QSWUXVDI.js";import"./chunk-DIROYGKN.js";import"./chunk-TX2TMZPC.js";export{a as DEFAULTS,c as JSON_SCHEMA_URL,b as configSchema,d as imageReleaseJsonSchema};
