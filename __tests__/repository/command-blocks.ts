import { codeBlocks } from './markdown.js';

/** How to run a block, from the comment directly before it. */
export interface CommandBlockMark {
  /** Why no test runs it. */
  notRun?: string;
  /** The test that runs it, as a path from the repository root. */
  runBy?: string;
  /** Exit code of the last command; default 0. */
  exitCode: number;
  /** Its lines are alternatives: each starts from the same project. */
  eachAlone: boolean;
  /** The project has neither a configuration nor workflows. */
  isNewProject: boolean;
}

/** Commands for the reader to type. */
export interface CommandBlock extends CommandBlockMark {
  /** `file:line` */
  place: string;
  /** Logical lines, without prompts, comments and output. */
  commands: string[];
}

const MARK = /<!-- ([^>]*?) -->\n *$/;

const isMark: Record<string, (value: string) => Partial<CommandBlockMark>> = {
  'not run': (notRun) => ({ notRun }),
  'run by': (runBy) => ({ runBy }),
  'exit code': (code) => ({ exitCode: Number(code) }),
  'each alone': () => ({ eachAlone: true }),
  'new project': () => ({ isNewProject: true }),
};

/** @throws Error if the comment before a block is not a mark */
export function commandBlocks(file: string, markdown: string): CommandBlock[] {
  const lines = markdown.split('\n');
  return codeBlocks(markdown)
    .filter(({ language }) => language === 'sh' || language === 'console')
    .map(({ language, text, line }) => {
      const place = `${file}:${line}`;
      const before = `${lines.slice(Math.max(0, line - 3), line - 1).join('\n')}\n`;
      const said = MARK.exec(before)?.[1];
      return {
        place,
        commands: commandsIn(text, language === 'console' && /^\$ /m.test(text)),
        exitCode: 0,
        eachAlone: false,
        isNewProject: false,
        ...(said === undefined ? {} : readMark(place, said)),
      };
    });
}

function readMark(place: string, said: string): Partial<CommandBlockMark> {
  // A reason may contain commas, so only marks without a value may be combined.
  const parts = said.includes(':') ? [said] : said.split(', ');
  const marks = parts.map((part) => {
    const [, name = '', value = ''] = /^([^:]*)(?:: *(.*))?$/.exec(part) ?? [];
    const mark = isMark[name];
    if (mark === undefined) throw new Error(`${place}: <!-- ${part} --> says nothing of how a block is run.`);
    return mark(value.trim());
  });
  return Object.assign({}, ...marks) as Partial<CommandBlockMark>;
}

function commandsIn(text: string, hasPrompts: boolean): string[] {
  const lines = hasPrompts ? text.split('\n').filter((line) => line.startsWith('$ ')) : text.split('\n');
  return lines
    .map((line) =>
      line
        .replace(/^\$ /, '')
        .replace(/(^|\s)#.*/, '')
        .trim(),
    )
    .join('\n')
    .replaceAll(/\\\n|(?<=&&)\n/g, ' ')
    .split('\n')
    .filter((line) => line !== '');
}

/** Places of blocks with commands that aren't marked as `sh` or `console`. `bash` marks a script to read. */
export function hiddenCommands(file: string, markdown: string): string[] {
  return codeBlocks(markdown)
    .filter(({ language }) => language === '' || language === 'text')
    .filter(({ text }) => /^(?:\$ |(?:image-release|docker|git|kubectl|gh|npm|npx|cosign) [\w-])/m.test(text))
    .map(({ line }) => `${file}:${line}`);
}
