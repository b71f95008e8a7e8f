import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{a}from"./chunk-KYNB6LFK.js";import"./chunk-TX2TMZPC.js";export{a as Octokit};
