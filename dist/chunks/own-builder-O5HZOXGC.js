import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{c as a,d as b}from"./chunk-IWU6VOKW.js";import"./chunk-NRTDO4GV.js";import"./chunk-UT5QNUWI.js";import"./chunk-6YTXXPAJ.js";import"./chunk-RIJVBBLD.js";import"./chunk-TX2TMZPC.js";export{b as removeBuilder,a as withOwnBuilder};
