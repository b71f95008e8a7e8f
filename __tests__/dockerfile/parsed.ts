import type { Dockerfile } from '../../src/dockerfile/dockerfile.js';
import { parseDockerfile } from '../../src/dockerfile/parse.js';

export function read(text: string): Dockerfile {
  const dockerfile = parseDockerfile(text);
  if ('unreadable' in dockerfile) throw new Error(dockerfile.unreadable);
  return dockerfile;
}

/** `KEYWORD first-last` of each instruction after FROM. */
export const outline = (text: string) =>
  read(text).stages.flatMap(({ instructions }) =>
    instructions.map(({ keyword, line, endLine }) => `${keyword} ${line}-${endLine}`),
  );
