import{Qc as a}from"./chunk-7TFUTUSY.js";import"./chunk-HOOIESPU.js";import"./chunk-2LUPOTBX.js";import"./chunk-64LENVTH.js";import"./chunk-EPXOE4VI.js";export{a as connectWorld};
