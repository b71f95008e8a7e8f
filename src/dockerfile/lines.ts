import { trimStart } from './spaces.js';

/** Reads a Dockerfile line by line; lines count from 1. */
export class LineReader {
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
    for (;;) {
      const first = this.next();
      if (first === undefined) return undefined;
      const line = this.line;
      const start = trimStart(trimNewline(first));
      if (start === '' || start.startsWith('#')) continue;
      let part = this.splitContinuation(start);
      let text = part.text;
      while (part.continues) {
        const next = this.next();
        if (next === undefined) break;
        const body = trimNewline(next);
        const content = trimStart(body);
        // Comments and blank lines do not end a continued instruction.
        if (content === '' || content.startsWith('#')) continue;
        part = this.splitContinuation(body);
        text += part.text;
      }
      return { text, line };
    }
  }

  /**
   * Lines of a here-document up to the one that ends it, with this line.
   * @returns undefined where it is not ended
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

  private splitContinuation(line: string): { text: string; continues: boolean } {
    return this.continuation.test(line)
      ? { text: line.replace(this.continuation, '$1'), continues: true }
      : { text: line, continues: false };
  }
}

const trimNewline = (line: string): string => line.replace(/\r+$/, '');
