/** A `--mount` of RUN; values as written, in lower case where BuildKit does not care. */
export interface Mount {
  type: string;
  from?: string;
  source?: string;
}

/** @param value of the flag, in CSV: `type=bind,from=build,source=/out` */
export function readMount(value: string): Mount | { refused: string } {
  const mount: Mount = { type: 'bind' };
  const fields = splitCsv(value);
  if (fields === undefined) return { refused: 'its --mount is not CSV' };
  for (const field of fields) {
    const at = field.indexOf('=');
    if (at < 0) continue;
    const content = field.slice(at + 1);
    switch (field.slice(0, at).toLowerCase()) {
      case 'type':
        mount.type = content;
        break;
      case 'from':
        if (/\$./.test(content)) return { refused: 'from= of its --mount takes no variables' };
        mount.from = content;
        break;
      case 'source':
      case 'src':
        mount.source = content;
        break;
    }
  }
  return mount;
}

/** One record; fields may be quoted as a whole. */
function splitCsv(text: string): string[] | undefined {
  const fields = text.match(/(?:^|,)(?:"(?:[^"]|"")*"|[^",]*)(?=,|$)/g);
  if (fields?.join('') !== text) return undefined;
  return fields
    .map((field, index) => (index === 0 ? field : field.slice(1)))
    .map((field) => (field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field));
}
