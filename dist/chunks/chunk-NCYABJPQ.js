import{a as r,c as i}from"./chunk-EPXOE4VI.js";var o=i((p,e)=>{e.exports=r("node:http")});export{o as a};
