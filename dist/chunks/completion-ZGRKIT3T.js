import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);
import{b as d,c,d as m}from"./chunk-OSLYXBZE.js";import{a as g}from"./chunk-H6YOXDMW.js";import{f as l}from"./chunk-BB4SM6OP.js";import"./chunk-TX2TMZPC.js";var p={bash:C,zsh:w,fish:b};function y([e]){if(e!==void 0&&Object.hasOwn(p,e))return p[e]();let n=Object.keys(p);if(e===void 0)throw l({code:"usage/invalid",message:"completion needs the name of a shell.",fix:`Name one of ${n.join(", ")}.`});let s=g(e,n);throw l({code:"usage/invalid",message:`There is no completion for \`${e}\`.`,fix:s===void 0?`Choose one of ${n.join(", ")}.`:`Did you mean \`${s}\`?`})}var i=Object.keys(d),f=e=>Object.entries(e).flatMap(([n,{short:s}])=>[`--${n}`,...s===void 0?[]:[`-${s}`]]),r=({value:e=""})=>/^[\w|]+\|/.test(e)?e.split("|"):[],u=e=>{let{usage:n}=d[e];return/^[a-z|]+$/.test(n)?n.split("|"):[]};function _(){let e=i.flatMap(n=>Object.entries(c(n)));return[...new Map([...Object.entries(m),...e])]}var O=()=>_().filter(([,e])=>r(e).length>0),j=()=>_().filter(([,e])=>e.value!==void 0&&r(e).length===0),$=([e,{short:n}])=>[`--${e}`,...n===void 0?[]:[`-${n}`]].join("|");function C(){let e=n=>`COMPREPLY=($(compgen -W '${n.join(" ")}' -- "$cur"))`;return`_image_release() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command= word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in ${i.join("|")}) command=$word; break ;; esac
  done
  COMPREPLY=()
  case $prev in
${O().map(n=>`    ${$(n)}) ${e(r(n[1]))}; return ;;`).join(`
`)}
    ${j().map($).join("|")}) return ;;
  esac
  case $command in
    '') ${e([...i,...f(m)])} ;;
${i.map(n=>`    ${n}) ${e([...u(n),...f(c(n))])} ;;`).join(`
`)}
  esac
}
complete -o default -F _image_release image-release
`}function w(){return`#compdef image-release
_image_release() {
  local command= word
  for word in \${words[2,CURRENT-1]}; do
    case $word in (${i.join("|")}) command=$word; break ;; esac
  done
  case $words[CURRENT-1] in
${O().map(e=>`    (${$(e)}) compadd -- ${r(e[1]).join(" ")}; return ;;`).join(`
`)}
    (${j().map($).join("|")}) _files; return ;;
  esac
  case $command in
    ('') compadd -- ${[...i,...f(m)].join(" ")} ;;
${i.map(e=>`    (${e}) compadd -- ${[...u(e),...f(c(e))].join(" ")}; _files ;;`).join(`
`)}
  esac
}
if [ "$funcstack[1]" = _image_release ]; then _image_release "$@"; else compdef _image_release image-release; fi
`}function b(){let e=o=>`'${o.replaceAll("\\","\\\\").replaceAll("'","\\'")}'`,n=(o,[a,t])=>[`complete -c image-release -n '${o}' -l ${a}`,...t.short===void 0?[]:[`-s ${t.short}`],...t.value===void 0?[]:["-r"],...r(t).length===0?[]:[`-f -a '${r(t).join(" ")}'`],`-d ${e(M(t.help))}`].join(" "),s=i.flatMap(o=>[`complete -c image-release -n __fish_use_subcommand -f -a ${o} -d ${e(d[o].help)}`,...u(o).map(a=>`complete -c image-release -n '__fish_seen_subcommand_from ${o}' -f -a ${a}`),...Object.entries(c(o)).map(a=>n(`__fish_seen_subcommand_from ${o}`,a))]),h=Object.entries(m).map(o=>n("__fish_use_subcommand",o));return`${[...s,...h].join(`
`)}
`}function M(e){return/^.+?[.;:](?= |$)/.exec(e)?.[0].slice(0,-1)??e}export{y as completionScript};
