import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
function c(e){return e.HOME||e.KUBECACHEDIR?[]:["--cache-dir=/dev/null"]}export{c as a};
