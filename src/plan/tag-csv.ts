export type CsvFields = { status: 'fields'; fields: string[] } | { status: 'broken'; reason: string };

/** Splits one CSV record (RFC 4180): commas separate, a field that begins with `"` ends with `"`, `""` is a quote. */
export function splitFields(record: string): CsvFields {
  const fields: string[] = [];
  let rest = record;
  for (;;) {
    if (rest.startsWith('"')) {
      const quoted = /^"((?:[^"]|"")*)"(,|$)/.exec(rest);
      if (!quoted) {
        const closed = /^"(?:[^"]|"")*"/.test(rest);
        const reason = closed
          ? 'text follows a closing quote before the next comma'
          : 'a quote is never closed';
        return {
          status: 'broken',
          reason: `${reason}: quotes go around a whole attribute, as in "pattern=\\d{1,2}"`,
        };
      }
      fields.push(quoted[1]!.replaceAll('""', '"'));
      rest = rest.slice(quoted[0].length);
      if (quoted[2] === '') return { status: 'fields', fields };
      continue;
    }
    const comma = rest.indexOf(',');
    const field = comma < 0 ? rest : rest.slice(0, comma);
    if (field.includes('"')) {
      return {
        status: 'broken',
        reason: `a quote inside ${field.trim()}: quotes go around the whole attribute`,
      };
    }
    fields.push(field);
    if (comma < 0) return { status: 'fields', fields };
    rest = rest.slice(comma + 1);
  }
}
