import fc from 'fast-check';

/** A Kustomization as a person might write it, with the position of each value in its list of images. */
export interface Generated {
  text: string;
  entries: GeneratedEntry[];
  lineBreak: string;
  list: 'entries' | 'none' | 'empty' | 'key';
}

export interface GeneratedEntry {
  name: string;
  /** Start and end of each value with its quotes, as offsets in the text. */
  values: Map<string, { start: number; end: number; value: string }>;
}

type Style = 'plain' | 'single' | 'double';

const style = fc.constantFrom<Style>('plain', 'single', 'double');
const spaces = (max: number) => fc.integer({ min: 1, max }).map((count) => ' '.repeat(count));
/** No characters that YAML forbids, and no line breaks: kustomize recognizes more of them than YAML 1.2. */
const words = fc
  .string({ unit: fc.constantFrom(...`abc XYZ 09 #:-,[]{}&*!|>'"%@\`~é☃🚀\\\t`), maxLength: 14 })
  .map((text) => text.replaceAll(/\s+$/g, ''));
const comment = words.map((text) => `# ${text}`);
const tail = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  fc.tuple(spaces(3), comment).map(([gap, text]) => `${gap}${text}`),
  fc.constantFrom(' ', '\t# tab', '  # {"$imagepolicy": "flux-system:api:tag"}'),
);
/** Lines between two lines of a block: blank lines, or comments in any column. */
const between = fc.oneof(
  { weight: 4, arbitrary: fc.constant<string[]>([]) },
  fc.array(
    fc.oneof(
      fc.constantFrom('', '  '),
      fc.tuple(fc.nat(8), comment).map(([column, text]) => `${' '.repeat(column)}${text}`),
    ),
    { maxLength: 2 },
  ),
);

export const tag = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,12}$/),
  fc.constantFrom('1.10', '010', '1e3', 'true', 'no', '20240131', '0x1f', 'null', 'v1', 'main-1a2b3c4', '1_000'),
);
export const digest = fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `sha256:${hex}`);
export const repository = fc
  .tuple(fc.constantFrom('', 'ghcr.io/acme/', 'localhost:5000/', 'acme/'), fc.stringMatching(/^[a-z][a-z0-9]{0,7}$/))
  .map(([host, path]) => `${host}${path}`);

const fieldsOf = fc.record({
  newName: fc.option(repository, { nil: undefined }),
  newTag: fc.option(tag, { nil: undefined }),
  digest: fc.option(digest, { nil: undefined, freq: 2 }),
  order: fc.shuffledSubarray(['name', 'newName', 'newTag', 'digest'], { minLength: 4 }),
});
const look = fc.record({ key: style, value: style, tail, above: between, gap: spaces(3) });
const entry = fc.record({
  name: repository,
  fields: fieldsOf,
  looks: fc.array(look, { minLength: 4, maxLength: 4 }),
  above: between,
  shape: fc.constantFrom<'block' | 'flow' | 'lines'>('block', 'block', 'flow', 'lines'),
});
type Entry = typeof entry extends fc.Arbitrary<infer T> ? T : never;

/** Other keys around the list, some with anchors and aliases. */
const OTHERS = [
  ['resources:', '- a.yaml', '- ../base # b'],
  ['resources: [a.yaml, "b.yaml"]'],
  ['namespace: acme   # n'],
  ['"namePrefix": \'x-\''],
  ['commonLabels: &labels', '  app: "é☃🚀"', '  other: x'],
  ['commonAnnotations:', '  note: |', '    images:', '    - name: api', '      newTag: v0', '', '    # text'],
  ['patches:', '- patch: >-', '    - op: replace', '      path: /x', '  target: {kind: Deployment}'],
  ['replicas: &r', '  - &one {name: api, count: 2}', 'x-more: *r'],
  ['generatorOptions: {labels: {a: b}, # c', '  disableNameSuffixHash: true}'],
];

const frame = fc.record({
  lineBreak: fc.constantFrom('\n', '\n', '\r\n'),
  mark: fc.constantFrom('', '', '\ufeff'),
  top: fc.array(fc.oneof(comment, fc.constant('')), { maxLength: 2 }),
  head: fc.constantFrom<string[]>([], [], ['---'], ['---', '# c']),
  kind: fc.constantFrom(
    ['kind: Kustomization'],
    ['apiVersion: kustomize.config.k8s.io/v1alpha1', 'kind: Component'],
    [],
  ),
  before: fc.shuffledSubarray(OTHERS.slice(2, 6), { maxLength: 2 }),
  after: fc.shuffledSubarray([...OTHERS.slice(0, 1), ...OTHERS.slice(6)], { maxLength: 2 }),
  end: fc.constantFrom<string[]>([], [''], [''], ['', '# end'], ['', '', '', ''], ['', '...', ''], ['', '# end', '']),
});
const list = fc.record({
  key: style,
  tail: tail,
  indent: fc.nat(4),
  gap: spaces(4),
  shape: fc.constantFrom<'block' | 'flow' | 'lines'>('block', 'block', 'block', 'flow', 'lines'),
  entries: fc.uniqueArray(entry, { minLength: 1, maxLength: 4, selector: ({ name }) => name }),
  foot: between,
});

/** Files with entries to edit. */
export const withEntries = fc.tuple(frame, list).map(([around, images]) => render(around, images, 'entries'));

/** Files to add an entry to: with entries, with an empty list, with only the key, or without the key. */
export const withAnyList = fc
  .tuple(frame, list, fc.constantFrom<Generated['list']>('entries', 'entries', 'none', 'empty', 'key'))
  .map(([around, images, kind]) => render(around, images, kind));

type Frame = typeof frame extends fc.Arbitrary<infer T> ? T : never;
type List = typeof list extends fc.Arbitrary<infer T> ? T : never;

class Writer {
  text = '';
  readonly entries: GeneratedEntry[] = [];
  constructor(readonly lineBreak: string) {}

  lines(lines: readonly string[]): void {
    for (const line of lines) this.text += line + this.lineBreak;
  }

  value(entry: GeneratedEntry, field: string, value: string, written: string): void {
    const start = this.text.length;
    this.text += written;
    entry.values.set(field, { start, end: this.text.length, value });
  }
}

function render(around: Frame, images: List, kind: Generated['list']): Generated {
  const writer = new Writer(around.lineBreak);
  writer.text = around.mark;
  writer.lines([...around.top, ...around.head, ...around.kind, ...around.before.flat()]);
  if (around.before.length + around.kind.length === 0) writer.lines(['nameSuffix: -x']);
  if (kind === 'entries') writeList(writer, images);
  else if (kind !== 'none')
    writer.lines([`${quoted('images', images.key)}:${kind === 'empty' ? ' []' : ''}${images.tail}`]);
  writer.lines(around.after.flat());
  writer.text = writer.text.slice(0, -around.lineBreak.length);
  for (const line of around.end) writer.text += around.lineBreak + line;
  return { text: writer.text, entries: writer.entries, lineBreak: around.lineBreak, list: kind };
}

function writeList(writer: Writer, { key, tail, indent, gap, shape, entries, foot }: List): void {
  const opener = shape === 'block' ? '' : ' [';
  writer.text += `${quoted('images', key)}:${opener}`;
  if (shape === 'block') {
    writer.lines([tail]);
    for (const item of entries) {
      writer.lines(item.above);
      writer.text += `${' '.repeat(indent)}-${gap}`;
      if (item.shape === 'block') writeBlock(writer, item, indent + 1 + gap.length);
      else {
        writeFlow(writer, item, item.shape === 'flow' ? ' ' : `${writer.lineBreak}${' '.repeat(indent + 3)}`);
        writer.lines([item.looks[0]!.tail]);
      }
    }
    writer.lines(foot);
    return;
  }
  const lead = shape === 'flow' ? ' ' : `${writer.lineBreak}    `;
  entries.forEach((item, index) => {
    writer.text += `${index === 0 ? '' : ','}${lead}`;
    writeFlow(writer, item, ' ');
  });
  writer.lines([`${shape === 'flow' ? '' : `${writer.lineBreak}  `}]${tail}`]);
}

function partsOf({ name, fields, looks }: Entry) {
  return fields.order.flatMap((field, index) => {
    const value = field === 'name' ? name : fields[field as 'newName' | 'newTag' | 'digest'];
    return value === undefined ? [] : [{ field, value, look: looks[index]! }];
  });
}

function begin(writer: Writer, { name }: Entry): GeneratedEntry {
  const entry: GeneratedEntry = { name, values: new Map() };
  writer.entries.push(entry);
  return entry;
}

function writeBlock(writer: Writer, item: Entry, column: number): void {
  const entry = begin(writer, item);
  partsOf(item).forEach(({ field, value, look }, index) => {
    if (index > 0) {
      writer.lines(look.above);
      writer.text += ' '.repeat(column);
    }
    writer.text += `${quoted(field, look.key)}:${look.gap}`;
    writer.value(entry, field, value, quoted(value, look.value));
    writer.lines([look.tail]);
  });
}

function writeFlow(writer: Writer, item: Entry, lead: string): void {
  const entry = begin(writer, item);
  writer.text += '{';
  partsOf(item).forEach(({ field, value, look }, index) => {
    writer.text += `${index > 0 ? `,${lead}` : lead === ' ' ? '' : lead}${quoted(field, look.key)}:${look.gap}`;
    writer.value(entry, field, value, quoted(value, look.value));
  });
  writer.text += lead === ' ' ? '}' : `${lead}}`;
}

/** Quotes tags that plain YAML reads as another type, as kustomize requires. */
function quoted(text: string, wanted: Style): string {
  if (wanted === 'single') return `'${text}'`;
  if (wanted === 'double' || !/^[A-Za-z/][\w./:@-]*$/.test(text) || /^(?:true|false|yes|no|on|off|y|n|null)$/i.test(text)) return `"${text}"`; // oxfmt-ignore
  return text;
}
