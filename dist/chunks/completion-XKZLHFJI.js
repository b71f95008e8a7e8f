import{a as p}from"./chunk-HM32J7VZ.js";import{a as f,b as m}from"./chunk-NCAMFIEO.js";import{q as c}from"./chunk-RH3RXIN3.js";import"./chunk-WH2FAWZZ.js";import"./chunk-NPUG3EGQ.js";import{b as _}from"./chunk-2LUPOTBX.js";import"./chunk-YMO5YDNW.js";import"./chunk-NCYABJPQ.js";import"./chunk-EPXOE4VI.js";var l={bash:C,zsh:w,fish:b};function S([e]){if(e!==void 0&&Object.hasOwn(l,e))return l[e]();let n=Object.keys(l);if(e===void 0)throw p("completion needs the name of a shell.",`Name one of ${n.join(", ")}.`);let r=_(e,n)??`Choose one of ${n.join(", ")}.`;throw p(`There is no completion for \`${e}\`.`,r)}var t=Object.keys(f),d=e=>Object.entries(e).flatMap(([n,{short:r}])=>[`--${n}`,...r===void 0?[]:[`-${r}`]]),s=({value:e=""})=>/^[\w|]+\|/.test(e)?e.split("|"):[],O=e=>{let{usage:n}=f[e];return/^[a-z|]+$/.test(n)?n.split("|"):[]};function u(){let e=t.flatMap(n=>Object.entries(m(n)));return[...new Map([...Object.entries(c),...e])]}var g=()=>u().filter(([,e])=>s(e).length>0),j=()=>u().filter(([,e])=>e.value!==void 0&&!e.omitted&&s(e).length===0),$=e=>d(Object.fromEntries([e])).join("|");function C(){let e=n=>`COMPREPLY=($(compgen -W '${n.join(" ")}' -- "$cur"))`;return`_image_release() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command= word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in ${t.join("|")}) command=$word; break ;; esac
  done
  COMPREPLY=()
  case $prev in
${g().map(n=>`    ${$(n)}) ${e(s(n[1]))}; return ;;`).join(`
`)}
    ${j().map($).join("|")}) return ;;
  esac
  case $command in
    '') ${e([...t,...d(c)])} ;;
${t.map(n=>`    ${n}) ${e([...O(n),...d(m(n))])} ;;`).join(`
`)}
  esac
}
complete -o default -F _image_release image-release
`}function w(){return`#compdef image-release
_image_release() {
  local command= word
  for word in \${words[2,CURRENT-1]}; do
    case $word in (${t.join("|")}) command=$word; break ;; esac
  done
  case $words[CURRENT-1] in
${g().map(e=>`    (${$(e)}) compadd -- ${s(e[1]).join(" ")}; return ;;`).join(`
`)}
    (${j().map($).join("|")}) _files; return ;;
  esac
  case $command in
    ('') compadd -- ${[...t,...d(c)].join(" ")} ;;
${t.map(e=>`    (${e}) compadd -- ${[...O(e),...d(m(e))].join(" ")}; _files ;;`).join(`
`)}
  esac
}
if [ "$funcstack[1]" = _image_release ]; then _image_release "$@"; else compdef _image_release image-release; fi
`}function b(){let e=o=>`'${o.replaceAll("\\","\\\\").replaceAll("'","\\'")}'`,n=(o,[a,i])=>[`complete -c image-release -n '${o}' -l ${a}`,...i.short===void 0?[]:[`-s ${i.short}`],...i.value===void 0||i.omitted!==void 0?[]:["-r"],...s(i).length===0?[]:[`-f -a '${s(i).join(" ")}'`],`-d ${e(/^.+?[.;:](?= |$)/.exec(i.help)?.[0].slice(0,-1)??i.help)}`].join(" "),r=t.flatMap(o=>[`complete -c image-release -n __fish_use_subcommand -f -a ${o} -d ${e(f[o].help)}`,...O(o).map(a=>`complete -c image-release -n '__fish_seen_subcommand_from ${o}' -f -a ${a}`),...Object.entries(m(o)).map(a=>n(`__fish_seen_subcommand_from ${o}`,a))]),h=Object.entries(c).map(o=>n("__fish_use_subcommand",o));return`${[...r,...h].join(`
`)}
`}export{S as completionScript};
