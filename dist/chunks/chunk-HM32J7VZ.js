import{f as r}from"./chunk-YMO5YDNW.js";function t(e,o){return r({code:"usage/invalid",message:e,fix:o})}export{t as a};
