import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
var e="1.0.0",o=`image-release/${e}`;export{e as a,o as b};
