import { didYouMean } from '../lib/suggestion.js';
import { COMMANDS, optionsOf, type CommandName } from './commands.js';
import { TOP_LEVEL, type Option } from './options.js';
import { usageError } from './usage.js';

const SHELLS = { bash, zsh, fish };

/**
 * The completion script for `bash`, `zsh` or `fish`.
 * @throws ReleaseError `usage/invalid`
 */
export function completionScript([shell]: readonly string[]): string {
  if (shell !== undefined && Object.hasOwn(SHELLS, shell)) return SHELLS[shell as keyof typeof SHELLS]();
  const names = Object.keys(SHELLS);
  if (shell === undefined)
    throw usageError('completion needs the name of a shell.', `Name one of ${names.join(', ')}.`);
  const fix = didYouMean(shell, names) ?? `Choose one of ${names.join(', ')}.`;
  throw usageError(`There is no completion for \`${shell}\`.`, fix);
}

const NAMES = Object.keys(COMMANDS) as CommandName[];

const dashed = (options: Record<string, Option>): string[] =>
  Object.entries(options).flatMap(([name, { short }]) => [`--${name}`, ...(short === undefined ? [] : [`-${short}`])]);

/** Values of an option such as `auto|true|false`; empty if it takes anything else, or no value. */
const choicesOf = ({ value = '' }: Option): string[] => (/^[\w|]+\|/.test(value) ? value.split('|') : []);

/** Words that a command takes as its first argument. */
const wordsOf = (name: CommandName): string[] => {
  const { usage } = COMMANDS[name];
  return /^[a-z|]+$/.test(usage) ? usage.split('|') : [];
};

/** Every option of any command once; equal names have equal values. */
function allOptions(): [string, Option][] {
  const found = NAMES.flatMap((name) => Object.entries<Option>(optionsOf(name)));
  return [...new Map([...Object.entries(TOP_LEVEL), ...found])];
}

const withChoices = () => allOptions().filter(([, option]) => choicesOf(option).length > 0);
const withFiles = () =>
  allOptions().filter(([, option]) => option.value !== undefined && !option.omitted && choicesOf(option).length === 0);
const flagsOf = (option: [string, Option]) => dashed(Object.fromEntries([option])).join('|');

function bash(): string {
  const reply = (words: readonly string[]) => `COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$cur"))`;
  return `_image_release() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} command= word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in ${NAMES.join('|')}) command=$word; break ;; esac
  done
  COMPREPLY=()
  case $prev in
${withChoices()
  .map((option) => `    ${flagsOf(option)}) ${reply(choicesOf(option[1]))}; return ;;`)
  .join('\n')}
    ${withFiles().map(flagsOf).join('|')}) return ;;
  esac
  case $command in
    '') ${reply([...NAMES, ...dashed(TOP_LEVEL)])} ;;
${NAMES.map((name) => `    ${name}) ${reply([...wordsOf(name), ...dashed(optionsOf(name))])} ;;`).join('\n')}
  esac
}
complete -o default -F _image_release image-release
`;
}

function zsh(): string {
  return `#compdef image-release
_image_release() {
  local command= word
  for word in \${words[2,CURRENT-1]}; do
    case $word in (${NAMES.join('|')}) command=$word; break ;; esac
  done
  case $words[CURRENT-1] in
${withChoices()
  .map((option) => `    (${flagsOf(option)}) compadd -- ${choicesOf(option[1]).join(' ')}; return ;;`)
  .join('\n')}
    (${withFiles().map(flagsOf).join('|')}) _files; return ;;
  esac
  case $command in
    ('') compadd -- ${[...NAMES, ...dashed(TOP_LEVEL)].join(' ')} ;;
${NAMES.map((name) => `    (${name}) compadd -- ${[...wordsOf(name), ...dashed(optionsOf(name))].join(' ')}; _files ;;`).join('\n')}
  esac
}
if [ "$funcstack[1]" = _image_release ]; then _image_release "$@"; else compdef _image_release image-release; fi
`;
}

function fish(): string {
  const quote = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const optionLine = (condition: string, [name, option]: [string, Option]) =>
    [
      `complete -c image-release -n '${condition}' -l ${name}`,
      ...(option.short === undefined ? [] : [`-s ${option.short}`]),
      ...(option.value === undefined || option.omitted !== undefined ? [] : ['-r']),
      ...(choicesOf(option).length === 0 ? [] : [`-f -a '${choicesOf(option).join(' ')}'`]),
      `-d ${quote(/^.+?[.;:](?= |$)/.exec(option.help)?.[0].slice(0, -1) ?? option.help)}`,
    ].join(' ');
  const lines = NAMES.flatMap((name) => [
    `complete -c image-release -n __fish_use_subcommand -f -a ${name} -d ${quote(COMMANDS[name].help)}`,
    ...wordsOf(name).map((word) => `complete -c image-release -n '__fish_seen_subcommand_from ${name}' -f -a ${word}`),
    ...Object.entries<Option>(optionsOf(name)).map((option) =>
      optionLine(`__fish_seen_subcommand_from ${name}`, option),
    ),
  ]);
  const top = Object.entries(TOP_LEVEL).map((option) => optionLine('__fish_use_subcommand', option));
  return `${[...lines, ...top].join('\n')}\n`;
}
