import{Rc as a}from"./chunk-Y42F2D4C.js";import"./chunk-RJLWNVF2.js";import"./chunk-2LUPOTBX.js";import"./chunk-YMO5YDNW.js";import"./chunk-EPXOE4VI.js";export{a as connectWorld};
