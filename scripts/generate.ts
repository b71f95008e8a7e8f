import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, type FormatConfig } from 'oxfmt';
import { imageReleaseJsonSchema } from '../src/config/schema.js';
import { PROBLEM_CATALOGUE } from '../src/lib/problem-catalogue.js';
import { inputsModule, readActionManifest } from './generate/action-manifest.js';
import { actionReference } from './generate/action-reference.js';
import { commandReference } from './generate/command-reference.js';
import { configurationReference } from './generate/configuration-reference.js';
import { errorPages } from './generate/error-reference.js';
import { readErrorSamples } from './generate/error-samples.js';
import { pinIn, reusableWorkflow } from './generate/reusable-workflow.js';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** Every generated file and what it has to hold: made of action.yml, the schema and the error catalogue. */
async function generate(): Promise<Map<string, string>> {
  const manifest = readActionManifest(read('action.yml'));
  const schema = imageReleaseJsonSchema();
  const module = 'src/config/inputs.generated.ts';
  const workflow = '.github/workflows/release.yml';
  const style = JSON.parse(read('.oxfmtrc.json')) as FormatConfig;
  const formatted = async (path: string, text: string) => (await format(path, text, style)).code;
  const files = new Map([
    [module, await formatted(module, inputsModule(manifest))],
    ['schema/image-release.schema.json', `${JSON.stringify(schema, null, 2)}\n`],
    ['docs/configuration.md', configurationReference(schema)],
    ['docs/action.md', actionReference(manifest)],
    ['docs/cli.md', commandReference()],
    ...errorPages(PROBLEM_CATALOGUE, readErrorSamples(root)),
    [
      workflow,
      await formatted(
        workflow,
        reusableWorkflow(manifest, {
          version: (JSON.parse(read('package.json')) as { version: string }).version,
          checkout: pinIn(read('.github/workflows/ci.yml'), 'actions/checkout'),
          appToken: pinIn(read('examples/workflows/deploy-as-app.yml'), 'actions/create-github-app-token'),
        }),
      ),
    ],
  ]);
  return files;
}

const files = await generate();
const extra = readdirSync(join(root, 'docs/errors'), { withFileTypes: true })
  .map(({ name }) => `docs/errors/${name}`)
  .filter((path) => !files.has(path));
const stale = [...files].filter(([path, text]) => !existsSync(join(root, path)) || read(path) !== text);
if (process.argv.includes('--check')) {
  if (stale.length > 0 || extra.length > 0) {
    console.error(
      `Not up to date: ${[...stale.map(([path]) => path), ...extra].join(', ')}. Run \`npm run generate\`.`,
    );
    process.exit(1);
  }
} else {
  for (const path of extra) rmSync(join(root, path));
  for (const [path, text] of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    console.log(`Wrote ${path}.`);
  }
}
