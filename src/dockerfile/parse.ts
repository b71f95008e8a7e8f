import type { LineReason, Dockerfile, Instruction, Stage, UnreadableDockerfile } from './dockerfile.js';
import { fromWords, isInstruction, readFlags, refusalOf, takesHeredocs } from './instructions.js';
import { readHeredocs, splitFlags, trim, trimStart } from './words.js';

/** BuildKit reads no longer line: the buffer of Go's bufio.Scanner. */
const LINE_LIMIT = 64 * 1024;

/**
 * Parses a Dockerfile as BuildKit does.
 * @param text decoded as UTF-8, a byte order mark kept or not
 * @see https://github.com/moby/buildkit/tree/master/frontend/dockerfile/parser
 */
export function parseDockerfile(text: string): Dockerfile | UnreadableDockerfile {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  if (lines.at(-1) === '') lines.pop();
  if (lines.length > MOST_LINES) return { unreadable: `it has more than ${MOST_LINES} lines`, line: MOST_LINES + 1 };
  const long = lines.findIndex((line) => new TextEncoder().encode(line).length >= LINE_LIMIT);
  if (long >= 0) return { unreadable: `the line is longer than ${LINE_LIMIT - 1} bytes`, line: long + 1 };
  const directives = readDirectives(lines);
  if ('unreadable' in directives) return directives;

  const doubts = doubtsOf(lines, directives);
  const reader = new LineReader(lines, directives.escape);
  const read: ReadInstruction[] = [];
  for (let next = reader.instruction(); next !== undefined; next = reader.instruction()) {
    const instruction = readInstruction(next, reader, directives.escape);
    if ('unreadable' in instruction) return afterDoubts(instruction, doubts);
    doubts.push(...instruction.doubts);
    read.push(instruction);
  }
  const stages = read.filter(({ instruction }) => instruction.keyword === 'FROM');
  const last = (read[MOST_INSTRUCTIONS] ?? stages[MOST_STAGES])?.instruction;
  if (last !== undefined)
    return {
      unreadable: `it has more than ${MOST_STAGES} stages or ${MOST_INSTRUCTIONS} instructions`,
      line: last.line,
    };
  return assemble(read, directives, doubts);
}

/** Stages are followed from one to the next. */
const MOST_STAGES = 1000;
const MOST_INSTRUCTIONS = 10_000;
const MOST_LINES = 50_000;

interface ReadInstruction {
  instruction: Instruction;
  /** Joined, with the lines of its here-documents. */
  text: string;
  doubts: LineReason[];
}

function doubtsOf(lines: readonly string[], { syntax }: Directives): LineReason[] {
  const broken = lines.findIndex((line) => line.includes('\uFFFD'));
  return [
    ...(syntax !== undefined && !isKnownSyntax(syntax)
      ? [{ reason: `it is read by another frontend, ${syntax}`, line: 1 }]
      : []),
    ...(broken >= 0 ? [{ reason: 'it has bytes that are no UTF-8 text', line: broken + 1 }] : []),
  ];
}

function readInstruction(
  next: { text: string; line: number },
  reader: LineReader,
  escape: string,
): ReadInstruction | UnreadableDockerfile {
  const { line } = next;
  const text = trim(next.text);
  const command = readCommand(text, escape);
  if ('unreadable' in command) return { ...command, line };
  const doubts = command.doubts.map((reason) => ({ reason, line }));

  const inner = command.keyword === 'ONBUILD' ? readCommand(command.rest, escape) : command;
  if ('unreadable' in inner) return { ...inner, line };
  if (inner !== command && ['ONBUILD', 'FROM', 'MAINTAINER'].includes(inner.keyword))
    return { unreadable: `ONBUILD ${inner.keyword} is not allowed`, line };

  const body: string[] = [];
  const heredocs = takesHeredocs(inner) ? readHeredocs(text) : [];
  if (heredocs === undefined)
    doubts.push({ reason: 'builders differ in where the here-document of this instruction ends', line });
  for (const { name, indented } of heredocs ?? []) {
    const lines = reader.heredoc(name, indented);
    if (lines === undefined) return { unreadable: `the here-document ${name} is not ended`, line };
    body.push(...lines);
  }
  const { keyword, flags, rest } = command;
  return {
    instruction: { keyword, flags, rest, heredoc: body.length > 0, line, endLine: reader.line },
    text: [text, ...body].join('\n'),
    doubts,
  };
}

/**
 * An ONBUILD instruction that an image passes on to those that are built on it.
 * @param text as in the image's config; the lines of here-documents may follow it
 */
export function parseTrigger(text: string, line: number): Instruction | UnreadableDockerfile {
  const [first, ...more] = text.split('\n');
  const command = readCommand(trim(first!), '\\');
  if ('unreadable' in command) return command;
  const [doubt] = command.doubts;
  if (doubt !== undefined) return { unreadable: doubt };
  const { keyword, flags, rest } = command;
  return { keyword, flags, rest, heredoc: more.length > 0, line, endLine: line };
}

interface Command extends Pick<Instruction, 'keyword' | 'flags' | 'rest'> {
  doubts: string[];
}

function readCommand(text: string, escape: string): Command | UnreadableDockerfile {
  const [, word, after] = /^([^\t\v\f\r ]*)(?:[\t\v\f\r ]+([^]*))?$/.exec(text)!;
  const keyword = word!.toUpperCase();
  if (!isInstruction(keyword)) return { unreadable: "the line doesn't begin with a Dockerfile instruction" };
  const { flags: words, rest } = splitFlags(after ?? '', escape);
  const { flags, unknown } = readFlags(keyword, words);
  const refused = refusalOf({ keyword, rest }, escape);
  if (refused !== undefined) return { unreadable: `${keyword}: ${refused}` };
  // BuildKit takes flags byte by byte, so that parts of a character count as white space.
  const foreign = words.find((flag) => /[^\0-\x7f]/.test(flag));
  const doubts = [
    ...(unknown === undefined ? [] : [`${keyword} has a flag that is not known here, ${unknown}`]),
    ...(foreign === undefined ? [] : [`${keyword} has a flag with characters outside of ASCII`]),
  ];
  return { keyword, flags, rest, doubts };
}

function assemble(
  read: readonly ReadInstruction[],
  { syntax, escape }: Directives,
  doubts: LineReason[],
): Dockerfile | UnreadableDockerfile {
  const head = [
    ...(syntax === undefined ? [] : [`# syntax=${syntax}`]),
    ...(escape === '\\' ? [] : [`# escape=${escape}`]),
  ];
  const globalArgs: Instruction[] = [];
  const stages: Stage[] = [];
  for (const { instruction, text } of read) {
    const stage = stages.at(-1);
    if (instruction.keyword === 'FROM') stages.push(openStage(stages.length, instruction, [...head, text]));
    else if (stage) {
      stage.instructions.push(instruction);
      stage.text += `\n${text}`;
    } else if (instruction.keyword === 'ARG') globalArgs.push(instruction);
    else return { unreadable: `${instruction.keyword} is before the first FROM`, line: instruction.line };
  }
  if (stages.length === 0) return { unreadable: 'it has no FROM' };
  return { ...(syntax !== undefined && { syntax }), escape, globalArgs, stages, doubts };
}

function openStage(index: number, { flags, rest, line }: Instruction, text: string[]): Stage {
  const platform = flags.find(({ name }) => name === 'platform')?.value;
  return {
    index,
    ...fromWords(rest),
    ...(platform !== undefined && { platform }),
    line,
    instructions: [],
    text: text.join('\n'),
  };
}

/** After a doubt, the refused line may be text of a here-document. */
function afterDoubts(refused: UnreadableDockerfile, [first]: readonly LineReason[]): UnreadableDockerfile {
  return first === undefined
    ? refused
    : { ...refused, unreadable: `${refused.unreadable} (line ${first.line}: ${first.reason})` };
}

/** Reads a Dockerfile line by line; lines count from 1. */
class LineReader {
  /** Number of the line that was read last. */
  line = 0;
  private readonly lines: string[];
  private readonly continuation: RegExp;

  constructor(lines: readonly string[], escape: '\\' | '`') {
    this.lines = [...lines];
    const sign = escape === '\\' ? '\\\\' : '`';
    this.continuation = new RegExp(`([^${sign}])${sign}[ \\t]*$|^${sign}[ \\t]*$`);
  }

  /** The next instruction with its continuation lines; undefined at the end. */
  instruction(): { text: string; line: number } | undefined {
    const first = this.content();
    if (first === undefined) return undefined;
    const line = this.line;
    let text = '';
    for (let part: string | undefined = trimStart(first); part !== undefined; part = this.content()) {
      text += part.replace(this.continuation, '$1');
      if (!this.continuation.test(part)) break;
    }
    return { text, line };
  }

  /** The next line that is neither blank nor a comment, which do not end a continued instruction. */
  private content(): string | undefined {
    for (let raw = this.next(); raw !== undefined; raw = this.next()) {
      const line = trimNewline(raw);
      const start = trimStart(line);
      if (start !== '' && !start.startsWith('#')) return line;
    }
    return undefined;
  }

  /**
   * Lines of a here-document up to the one that ends it, with this line.
   * @returns undefined if it is not ended
   */
  heredoc(name: string, indented: boolean): string[] | undefined {
    const body: string[] = [];
    for (let raw = this.next(); raw !== undefined; raw = this.next()) {
      body.push(raw);
      const line = trimNewline(raw);
      if ((indented ? line.replace(/^\t+/, '') : line) === name) return body;
    }
    return undefined;
  }

  private next(): string | undefined {
    const line = this.lines[this.line];
    if (line !== undefined) this.line += 1;
    return line;
  }
}

const trimNewline = (line: string): string => line.replace(/\r+$/, '');

/** The comments at the top of a Dockerfile that change how it is read. */
interface Directives {
  syntax?: string;
  escape: '\\' | '`';
}

interface Directive {
  name: string;
  value: string;
  line: number;
}

const DIRECTIVE = /^([a-z][a-z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*(.+?)[\t\n\f\r ]*$/i;
const NAMES = ['syntax', 'escape', 'check'];

/**
 * Reads `# syntax=`, `# escape=` and `# check=`, which end with the first line of another form. BuildKit looks for the
 * syntax below a `#!` line as well.
 * @param lines without a byte order mark
 */
function readDirectives(lines: readonly string[]): Directives | UnreadableDockerfile {
  const found = directivesIn(lines);
  for (const [index, { name, line }] of found.entries())
    if (found.slice(0, index).some((earlier) => earlier.name === name))
      return { unreadable: `there is more than one \`# ${name}=\``, line };
  const valueOf = (name: string) => found.find((directive) => directive.name === name);
  const escape = valueOf('escape')?.value ?? '\\';
  if (escape !== '\\' && escape !== '`')
    return {
      unreadable: `the escape character ${escape} is neither \\ nor \``,
      line: valueOf('escape')!.line,
    };
  const belowShebang = lines[0]?.startsWith('#!') ? directivesIn(lines.slice(1)) : [];
  const syntax = [...found, ...belowShebang].find(({ name }) => name === 'syntax')?.value.split(' ')[0];
  return { ...(syntax !== undefined && { syntax }), escape };
}

function directivesIn(lines: readonly string[]): Directive[] {
  const found: Directive[] = [];
  for (const [index, raw] of lines.entries()) {
    const line = trimStart(raw);
    const [, name, value] = (line.startsWith('#') && DIRECTIVE.exec(trimStart(line.slice(1)))) || [];
    if (name === undefined || !NAMES.includes(name.toLowerCase())) break;
    found.push({ name: name.toLowerCase(), value: value!, line: index + 1 });
  }
  return found;
}

/**
 * Whether the frontend is one of Docker's own of the first generation, whose grammar is known here.
 * @param syntax as in `# syntax=`
 */
export function isKnownSyntax(syntax: string): boolean {
  return /^(?:(?:index\.|registry-1\.)?docker\.io\/)?docker\/dockerfile(?:-upstream)?(?::(?:1(?:[.-][\w.-]*)?|latest|master|labs))?(?:@sha256:[0-9a-f]{64})?$/.test(
    syntax,
  );
}
