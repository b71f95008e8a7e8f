import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
var e="dev.image-release.inputs",t="dev.image-release.record",r="dev.image-release.cold-build";export{e as a,t as b,r as c};
