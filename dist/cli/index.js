#!/usr/bin/env node
import{a as r}from"../chunks/chunk-VTUD65MK.js";import"../chunks/chunk-D2FGAJIU.js";import"../chunks/chunk-WG4WV74Y.js";import{a as t}from"../chunks/chunk-Y2MTMGQI.js";import{c as o}from"../chunks/chunk-2LUPOTBX.js";import"../chunks/chunk-KFMKPU7S.js";import"../chunks/chunk-EPXOE4VI.js";function s(){try{return r(process.argv.slice(2))}catch{return}}var e=s();if(e?.type==="help"){t([process.stdout]);let{renderHelp:n}=await import("../chunks/help-3EKLZD7K.js");process.stdout.write(`${n(e.command,process.stdout.columns||80)}
`)}else e?.type==="version"?process.stdout.write(`${o}
`):await import("../chunks/cli-C4Y4S5HM.js");
