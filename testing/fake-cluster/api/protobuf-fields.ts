/** How a field is read: a text, a list of texts, bytes, a number, a map, or a message. */
export type Field =
  | { name: string; type: 'text' | 'texts' | 'bytes' | 'number' | 'flag' }
  | { name: string; type: 'texts-by-name' | 'bytes-by-name' | 'quantities' }
  | { name: string; type: 'message' | 'messages'; fields: Fields }
  /** A message whose fields JSON has one level higher. */
  | { type: 'inline'; fields: Fields };
export type Fields = Record<number, Field>;

export const text = (name: string): Field => ({ name, type: 'text' });
export const texts = (name: string): Field => ({ name, type: 'texts' });
export const number = (name: string): Field => ({ name, type: 'number' });
export const flag = (name: string): Field => ({ name, type: 'flag' });
export const message = (name: string, fields: Fields): Field => ({ name, type: 'message', fields });
export const messages = (name: string, fields: Fields): Field => ({ name, type: 'messages', fields });
export const inline = (fields: Fields): Field => ({ type: 'inline', fields });
export const map = (name: string): Field => ({ name, type: 'texts-by-name' });
/** Amounts such as `500m` by resource: messages with a single text. */
export const quantities = (name: string): Field => ({ name, type: 'quantities' });

export const METADATA = message('metadata', {
  1: text('name'),
  2: text('generateName'),
  3: text('namespace'),
  11: map('labels'),
  12: map('annotations'),
});
