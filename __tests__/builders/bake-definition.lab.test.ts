/** @programs docker */
import { bakeDefinition, escapeTemplate } from '../../src/builders/buildx/bake-definition.js';
import { run } from '../../src/lib/process.js';
import { createBuildSite, type BuildSite } from './daemon.js';
import { plannedImage } from './samples.js';

describe('bake with the generated definition', () => {
  const VALUES = [
    '${FOO}',
    '$${FOO}',
    '%{if true}x%{endif}',
    '%%{x',
    '$x $ % %x',
    '${{ github.sha }}',
    'a"b\'c\\n\\',
    'two\nlines',
    'comma, equals=',
    '${',
    '~} }',
    'ünï ☃ 𝒳',
    '',
  ];
  const [PATH, FILE, OTHER] = ['dir ${x}', 'Docker%{file}', '../${y}'] as const;
  let site: BuildSite;
  beforeAll(async () => {
    site = await createBuildSite([]);
  });
  afterAll(() => site.remove());

  /** Targets that `bake --print` reads from the definition. Newer versions escape templates when they print them. */
  async function print(json: string): Promise<Record<string, Record<string, unknown>>> {
    const { code, stdout, stderr } = await run('docker', ['buildx', 'bake', '-f', '-', '--print'], {
      env: site.env,
      cwd: site.root,
      input: json,
    });
    if (code !== 0) throw new Error(stderr.toString());
    return (JSON.parse(stdout.toString()) as { target: Record<string, Record<string, unknown>> }).target;
  }

  test("doesn't expand templates in arguments, labels, annotations, or paths", async () => {
    const entries = Object.fromEntries(VALUES.map((value, index) => [`V${index}`, value]));
    const image = plannedImage('api', {
      args: entries,
      labels: { ...entries, 'key${x}': 'v' },
      annotations: { note: '${a},"b"' },
      context: PATH,
      dockerfile: `${PATH}/${FILE}`,
      contexts: { 'l-1': OTHER },
    });
    const { api } = await print(bakeDefinition([image], 'by-digest').json);
    const canary = await print(JSON.stringify({ target: { default: { args: { A: '$${A}' } } } }));
    const printsEscaped = (canary['default']!['args'] as Record<string, string>)['A'] === '$${A}';
    const expected = (value: string) => (printsEscaped ? escapeTemplate(value) : value);
    const expectedEntries = Object.fromEntries(Object.entries(entries).map(([name, value]) => [name, expected(value)]));
    expect(api!['args']).toEqual({ SOURCE_DATE_EPOCH: '1700000000', ...expectedEntries });
    expect(api!['labels']).toEqual({ ...expectedEntries, 'key${x}': 'v' });
    expect(api!['annotations']).toEqual(
      expect.arrayContaining(['index', 'manifest'].map((at) => expected(`${at}:note=\${a},"b"`))),
    );
    expect([PATH, escapeTemplate(PATH)]).toContain(api!['context']);
    expect([FILE, escapeTemplate(FILE)]).toContain(api!['dockerfile']);
    expect([OTHER, escapeTemplate(OTHER)]).toContain((api!['contexts'] as Record<string, string>)['l-1']);
  });
});
