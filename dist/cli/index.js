#!/usr/bin/env node
import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{a as r}from"../chunks/chunk-VZ3VF5AH.js";import"../chunks/chunk-4JTUEIF5.js";import"../chunks/chunk-3YDOKJGE.js";import{a as t}from"../chunks/chunk-IITEQHD2.js";import"../chunks/chunk-H6YOXDMW.js";import{a as o}from"../chunks/chunk-QBACTW6P.js";import"../chunks/chunk-LDY476TH.js";import"../chunks/chunk-TX2TMZPC.js";function s(){try{return r(process.argv.slice(2))}catch{return}}var e=s();if(e?.type==="help"){o([process.stdout]);let{renderHelp:n}=await import("../chunks/help-BIGCO6G2.js");process.stdout.write(`${n(e.command,process.stdout.columns||80)}
`)}else e?.type==="version"?process.stdout.write(`${t}
`):await import("../chunks/cli-URC7GFSD.js");
