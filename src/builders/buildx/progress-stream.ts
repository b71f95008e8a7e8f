import { StringDecoder } from 'node:string_decoder';

/** What `--progress=rawjson` reports: BuildKit's SolveStatus, as buildx prints it. */
export interface SolveStatus {
  vertexes?: {
    digest: string;
    name: string;
    started?: string;
    completed?: string;
    cached?: boolean;
    error?: string;
  }[];
  /** `data` is base64. */
  logs?: { vertex: string; data: string }[];
  /** `short`, `detail` are base64; lines count from 1. */
  warnings?: {
    vertex: string;
    short?: string;
    url?: string;
    sourceInfo?: { filename?: string };
    range?: { start?: { line?: number } }[];
  }[];
}

export interface ProgressStream {
  push: (chunk: Buffer) => void;
  end: () => void;
}

/**
 * Splits buildx's stderr into status objects and other text. Objects come one to a line (0.29) or indented
 * over many lines (0.13), between them lines such as `ERROR: …` and Dockerfile excerpts.
 */
export function readProgress(onStatus: (status: SolveStatus) => void, onText: (line: string) => void): ProgressStream {
  let pending: string[] = [];
  const object = (text: string, lines: string[]) => {
    try {
      onStatus(JSON.parse(text) as SolveStatus);
    } catch {
      lines.forEach(onText);
    }
  };
  const lines = splitLines((line) => {
    if (pending.length > 0 || line === '{') {
      pending.push(line);
      if (line !== '}') return;
      const collected = pending;
      pending = [];
      object(collected.join('\n'), collected);
    } else if (line.startsWith('{"')) {
      object(line, [line]);
    } else {
      onText(line);
    }
  });
  return {
    push: lines.push,
    end: () => {
      lines.end();
      pending.forEach(onText);
      pending = [];
    },
  };
}

/** Calls back for each line of a byte stream, also when characters are split between chunks. */
export function splitLines(onLine: (line: string) => void): ProgressStream {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const feed = (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) onLine(line.replace(/\r$/, ''));
  };
  return {
    push: (chunk) => feed(decoder.write(chunk)),
    end: () => {
      feed(decoder.end());
      if (rest !== '') onLine(rest);
      rest = '';
    },
  };
}
