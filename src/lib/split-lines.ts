import { StringDecoder } from 'node:string_decoder';

export interface LineSplitter {
  push: (chunk: Uint8Array) => void;
  end: () => void;
}

/** Calls back for each line of a byte stream, also when characters are split between chunks. */
export function splitLines(onLine: (line: string) => void): LineSplitter {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const feed = (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) onLine(line.replace(/\r$/, ''));
  };
  return {
    push: (chunk) => feed(decoder.write(Buffer.from(chunk))),
    end: () => {
      feed(decoder.end());
      if (rest !== '') onLine(rest);
      rest = '';
    },
  };
}
