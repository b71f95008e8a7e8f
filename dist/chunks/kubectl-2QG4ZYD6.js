import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{a}from"./chunk-ZGSQGWCW.js";import"./chunk-LDCZ6UOT.js";import"./chunk-YB4SEJPB.js";import"./chunk-6FNNVUYF.js";import"./chunk-NLDFSIR5.js";import"./chunk-UT5QNUWI.js";import"./chunk-FCIMNURX.js";import"./chunk-TX2TMZPC.js";export{a as connectKubectl};
