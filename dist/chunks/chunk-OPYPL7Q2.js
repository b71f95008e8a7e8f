import{f as r}from"./chunk-UVWFWYY4.js";function t(e,o){return r({code:"usage/invalid",message:e,fix:o})}export{t as a};
