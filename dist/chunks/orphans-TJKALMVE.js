import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{d as a,e as b,f as c}from"./chunk-TEZGMY75.js";import"./chunk-LDCZ6UOT.js";import"./chunk-YB4SEJPB.js";import"./chunk-FCIMNURX.js";import"./chunk-TX2TMZPC.js";export{a as isOrphan,b as removeOrphans,c as removeRun};
