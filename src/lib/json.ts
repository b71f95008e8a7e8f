import { attempt } from './attempt.js';

/** Undefined: it is no JSON. The parser's error would quote the text. */
export function parseJson(text: string | Uint8Array): unknown {
  return attempt<unknown>(() => JSON.parse(typeof text === 'string' ? text : Buffer.from(text).toString()), undefined);
}
