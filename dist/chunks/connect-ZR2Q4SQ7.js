import{Rc as a}from"./chunk-GUVVK7C3.js";import"./chunk-RJLWNVF2.js";import"./chunk-2LUPOTBX.js";import"./chunk-YMO5YDNW.js";import"./chunk-EPXOE4VI.js";export{a as connectWorld};
