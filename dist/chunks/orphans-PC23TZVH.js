import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{c as a,d as b,e as c}from"./chunk-5EKON7QL.js";import"./chunk-MX6X4HXO.js";import"./chunk-5F7NL3JW.js";import"./chunk-RIJVBBLD.js";import"./chunk-TX2TMZPC.js";export{a as isOrphan,b as removeOrphans,c as removeRun};
