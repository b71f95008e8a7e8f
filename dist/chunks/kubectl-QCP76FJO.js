import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{a}from"./chunk-EFZYHX2I.js";import"./chunk-MX6X4HXO.js";import"./chunk-5F7NL3JW.js";import"./chunk-UT5QNUWI.js";import"./chunk-RIJVBBLD.js";import"./chunk-TX2TMZPC.js";export{a as connectKubectl};
