import { StringDecoder } from 'node:string_decoder';

/**
 * Reads JSON objects that follow one another without a separator, as programs print a stream of them. Chunks may
 * end anywhere.
 */
export function jsonStream(onObject: (value: unknown) => void): (chunk: Uint8Array | string) => void {
  const decoder = new StringDecoder('utf8');
  let held: string[] = [];
  let depth = 0;
  let inString = false;
  let escaped = false;
  return (chunk) => {
    const text = typeof chunk === 'string' ? chunk : decoder.write(Buffer.from(chunk));
    let start = 0;
    for (let at = 0; at < text.length; at++) {
      const char = text[at];
      if (inString) {
        if (escaped) escaped = false;
        else if (char === '\\') escaped = true;
        else if (char === '"') inString = false;
      } else if (char === '"') inString = depth > 0;
      else if (char === '{') {
        if (depth++ === 0) start = at;
      } else if (char === '}' && depth > 0 && --depth === 0) {
        held.push(text.slice(start, at + 1));
        onObject(JSON.parse(held.join('')));
        held = [];
        start = at + 1;
      }
    }
    if (depth > 0) held.push(text.slice(start));
  };
}

/** All objects of a whole text. */
export function parseJsonObjects(text: string): unknown[] {
  const objects: unknown[] = [];
  jsonStream((value) => objects.push(value))(text);
  return objects;
}
