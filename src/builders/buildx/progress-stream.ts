import { splitLines, type LineSplitter } from '../../lib/split-lines.js';

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

/**
 * Splits buildx's stderr into status objects and other text. Objects come one to a line (0.29) or indented
 * over many lines (0.13), between them lines such as `ERROR: …` and Dockerfile excerpts.
 */
export function readProgress(onStatus: (status: SolveStatus) => void, onText: (line: string) => void): LineSplitter {
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
