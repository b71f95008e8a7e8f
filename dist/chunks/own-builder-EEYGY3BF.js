import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{e as a,f as b}from"./chunk-PA25JU33.js";import"./chunk-NLDFSIR5.js";import"./chunk-HKKPVZ22.js";import"./chunk-2U6N2IEH.js";import"./chunk-UT5QNUWI.js";import"./chunk-FCIMNURX.js";import"./chunk-TX2TMZPC.js";export{b as removeBuilder,a as withOwnBuilder};
