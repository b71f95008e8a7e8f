import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{a,b}from"./chunk-STHGIXJQ.js";import"./chunk-TX2TMZPC.js";export{b as legacyRestEndpointMethods,a as restEndpointMethods};
