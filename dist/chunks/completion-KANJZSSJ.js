import{a as p}from"./chunk-OPYPL7Q2.js";import{b as c,c as f,d as m}from"./chunk-ZHW5UVRS.js";import"./chunk-TSUS33NJ.js";import"./chunk-KUES5ODF.js";import{b as O}from"./chunk-2LUPOTBX.js";import"./chunk-UVWFWYY4.js";import"./chunk-EPXOE4VI.js";var l={bash:C,zsh:w,fish:b};function y([e]){if(e!==void 0&&Object.hasOwn(l,e))return l[e]();let n=Object.keys(l);if(e===void 0)throw p("completion needs the name of a shell.",`Name one of ${n.join(", ")}.`);let r=O(e,n)??`Choose one of ${n.join(", ")}.`;throw p(`There is no completion for \`${e}\`.`,r)}var i=Object.keys(f),d=e=>Object.entries(e).flatMap(([n,{short:r}])=>[`--${n}`,...r===void 0?[]:[`-${r}`]]),s=({value:e=""})=>/^[\w|]+\|/.test(e)?e.split("|"):[],u=e=>{let{usage:n}=f[e];return/^[a-z|]+$/.test(n)?n.split("|"):[]};function _(){let e=i.flatMap(n=>Object.entries(m(n)));return[...new Map([...Object.entries(c),...e])]}var g=()=>_().filter(([,e])=>s(e).length>0),j=()=>_().filter(([,e])=>e.value!==void 0&&!e.omitted&&s(e).length===0),$=e=>d(Object.fromEntries([e])).join("|");function C(){let e=n=>`COMPREPLY=($(compgen -W '${n.join(" ")}' -- "$cur"))`;return`_image_release() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command= word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in ${i.join("|")}) command=$word; break ;; esac
  done
  COMPREPLY=()
  case $prev in
${g().map(n=>`    ${$(n)}) ${e(s(n[1]))}; return ;;`).join(`
`)}
    ${j().map($).join("|")}) return ;;
  esac
  case $command in
    '') ${e([...i,...d(c)])} ;;
${i.map(n=>`    ${n}) ${e([...u(n),...d(m(n))])} ;;`).join(`
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
${g().map(e=>`    (${$(e)}) compadd -- ${s(e[1]).join(" ")}; return ;;`).join(`
`)}
    (${j().map($).join("|")}) _files; return ;;
  esac
  case $command in
    ('') compadd -- ${[...i,...d(c)].join(" ")} ;;
${i.map(e=>`    (${e}) compadd -- ${[...u(e),...d(m(e))].join(" ")}; _files ;;`).join(`
`)}
  esac
}
if [ "$funcstack[1]" = _image_release ]; then _image_release "$@"; else compdef _image_release image-release; fi
`}function b(){let e=o=>`'${o.replaceAll("\\","\\\\").replaceAll("'","\\'")}'`,n=(o,[a,t])=>[`complete -c image-release -n '${o}' -l ${a}`,...t.short===void 0?[]:[`-s ${t.short}`],...t.value===void 0||t.omitted!==void 0?[]:["-r"],...s(t).length===0?[]:[`-f -a '${s(t).join(" ")}'`],`-d ${e(M(t.help))}`].join(" "),r=i.flatMap(o=>[`complete -c image-release -n __fish_use_subcommand -f -a ${o} -d ${e(f[o].help)}`,...u(o).map(a=>`complete -c image-release -n '__fish_seen_subcommand_from ${o}' -f -a ${a}`),...Object.entries(m(o)).map(a=>n(`__fish_seen_subcommand_from ${o}`,a))]),h=Object.entries(c).map(o=>n("__fish_use_subcommand",o));return`${[...r,...h].join(`
`)}
`}function M(e){return/^.+?[.;:](?= |$)/.exec(e)?.[0].slice(0,-1)??e}export{y as completionScript};
