#!/usr/bin/env node
import{a as r}from"../chunks/chunk-PJFKZ2LV.js";import"../chunks/chunk-OPYPL7Q2.js";import"../chunks/chunk-ZHW5UVRS.js";import{a as t}from"../chunks/chunk-Y2MTMGQI.js";import{c as o}from"../chunks/chunk-2LUPOTBX.js";import"../chunks/chunk-UVWFWYY4.js";import"../chunks/chunk-EPXOE4VI.js";function s(){try{return r(process.argv.slice(2))}catch{return}}var e=s();if(e?.type==="help"){t([process.stdout]);let{renderHelp:n}=await import("../chunks/help-4YRNZ3ZV.js");process.stdout.write(`${n(e.command,process.stdout.columns||80)}
`)}else e?.type==="version"?process.stdout.write(`${o}
`):await import("../chunks/cli-QVGOSYD6.js");
