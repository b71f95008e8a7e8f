import { StringDecoder } from 'node:string_decoder';

export type LineSplitter = ReturnType<typeof splitLines>;

/** Calls back for each line of a byte stream, also when characters are split between chunks. */
export function splitLines(onLine: (line: string) => void) {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const feed = (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) onLine(line.replace(/\r$/, ''));
  };
  return {
    push: (chunk: Uint8Array) => feed(decoder.write(Buffer.from(chunk))),
    end: () => {
      feed(decoder.end());
      if (rest !== '') onLine(rest);
      rest = '';
    },
  };
}
