import{f as r}from"./chunk-64LENVTH.js";function t(e,o){return r({code:"usage/invalid",message:e,fix:o})}export{t as a};
