import{Wb as a}from"./chunk-4O3ELFZC.js";import"./chunk-TOS5FZDD.js";import"./chunk-2LUPOTBX.js";import"./chunk-3FE6T7KV.js";import"./chunk-EPXOE4VI.js";export{a as connectWorld};
