import{kc as a}from"./chunk-PWFWCDKC.js";import"./chunk-AIHJOFSA.js";import"./chunk-2LUPOTBX.js";import"./chunk-KFMKPU7S.js";import"./chunk-EPXOE4VI.js";export{a as connectWorld};
