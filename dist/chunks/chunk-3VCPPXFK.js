function c(e){return e.HOME||e.KUBECACHEDIR?[]:["--cache-dir=/dev/null"]}export{c as a};
