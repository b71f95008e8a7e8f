import{vc as a}from"./chunk-TSUS33NJ.js";import"./chunk-KUES5ODF.js";import"./chunk-2LUPOTBX.js";import"./chunk-UVWFWYY4.js";import"./chunk-EPXOE4VI.js";export{a as connectWorld};
