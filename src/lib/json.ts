/** Undefined: it is no JSON. The parser's error would quote the text. */
export function parseJson(text: string | Uint8Array): unknown {
  return attempt<unknown>(() => JSON.parse(typeof text === 'string' ? text : Buffer.from(text).toString()), undefined);
}

/** The JSON objects that follow one another in a text without a separator, as programs print several of them. */
export function parseJsonObjects(text: string): unknown[] {
  const objects: unknown[] = [];
  let depth = 0;
  let start = 0;
  for (const { 0: token, index } of text.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}]/gs)) {
    if (token === '{' && depth++ === 0) start = index;
    if (token === '}' && depth > 0 && --depth === 0) objects.push(JSON.parse(text.slice(start, index + 1)));
  }
  return objects;
}

/** What `work` returns, or `otherwise` if it throws anything. */
export function attempt<T>(work: () => T, otherwise: T): T {
  try {
    return work();
  } catch {
    return otherwise;
  }
}
