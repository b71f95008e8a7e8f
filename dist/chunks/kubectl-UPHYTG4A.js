import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{a}from"./chunk-K6BYZX2C.js";import"./chunk-SPK2L5E4.js";import"./chunk-YB4SEJPB.js";import"./chunk-6FNNVUYF.js";import"./chunk-NLDFSIR5.js";import"./chunk-UT5QNUWI.js";import"./chunk-RIJVBBLD.js";import"./chunk-TX2TMZPC.js";export{a as connectKubectl};
