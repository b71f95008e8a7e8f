import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{d as a,e as b,f as c}from"./chunk-2GCDELXU.js";import"./chunk-SPK2L5E4.js";import"./chunk-YB4SEJPB.js";import"./chunk-FCIMNURX.js";import"./chunk-TX2TMZPC.js";export{a as isOrphan,b as removeOrphans,c as removeRun};
