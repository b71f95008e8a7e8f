#!/usr/bin/env node
import{a as r}from"../chunks/chunk-YSZKKH7L.js";import"../chunks/chunk-3XKVWV54.js";import"../chunks/chunk-UCS4MQHR.js";import{a as t}from"../chunks/chunk-Y2MTMGQI.js";import{c as o}from"../chunks/chunk-2LUPOTBX.js";import"../chunks/chunk-3FE6T7KV.js";import"../chunks/chunk-EPXOE4VI.js";function s(){try{return r(process.argv.slice(2))}catch{return}}var e=s();if(e?.type==="help"){t([process.stdout]);let{renderHelp:n}=await import("../chunks/help-BXZ2FVW4.js");process.stdout.write(`${n(e.command,process.stdout.columns||80)}
`)}else e?.type==="version"?process.stdout.write(`${o}
`):await import("../chunks/cli-MK7FVOZF.js");
