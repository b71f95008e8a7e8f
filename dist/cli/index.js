#!/usr/bin/env node
import{a as r}from"../chunks/chunk-PILTAL7K.js";import"../chunks/chunk-HM32J7VZ.js";import"../chunks/chunk-NCAMFIEO.js";import"../chunks/chunk-RH3RXIN3.js";import{a as t}from"../chunks/chunk-Y2MTMGQI.js";import{c as o}from"../chunks/chunk-2LUPOTBX.js";import"../chunks/chunk-YMO5YDNW.js";import"../chunks/chunk-EPXOE4VI.js";function s(){try{return r(process.argv.slice(2))}catch{return}}var e=s();if(e?.type==="help"){t([process.stdout]);let{renderHelp:n}=await import("../chunks/help-6T7R22QL.js");process.stdout.write(`${n(e.command,process.stdout.columns||80)}
`)}else e?.type==="version"?process.stdout.write(`${o}
`):await import("../chunks/cli-SD56SW27.js");
