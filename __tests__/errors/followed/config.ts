import { findConfig } from '../../../src/config/find.js';
import { loadConfig } from '../../../src/config/load.js';
import { loadBakeImages } from '../../../src/facts/bake-file.js';
import type { Problem } from '../../../src/lib/errors.js';
import { withCheckout } from '../../preflight/fixtures.js';
import { suggestionOf, told, type FollowedFix, type Told } from '../followed-fix.js';

const YAML = 'images: { api: { context: api } }\n';

/** Problems of finding the configuration in a repository with these files. */
const found = (files: Record<string, string | Buffer>): Promise<Told> =>
  withCheckout(files, (root) => told(() => findConfig({ from: 'repository' }, root)));

const loaded = (text: string, origin = 'image-release.yml'): Promise<Told> => told(() => loadConfig({ text, origin }));

/** A wrong configuration, and how a reader of the problem corrects it. */
const mended = (code: FollowedFix['code'], yaml: string, mend: (problem: Problem) => string): FollowedFix => ({
  code,
  provoke: () => loaded(yaml),
  follow: (problem) => loaded(mend(problem)),
});

/** Problems of loading a bake file if buildx prints this. */
function baked(
  print: { stdout?: object; stderr?: string; code?: number },
  files: Record<string, string>,
  yaml: string,
) {
  return withCheckout(files, async (root): Promise<Told> => {
    const config = loadConfig({ text: yaml, origin: 'image-release.yml' });
    const run = async () => ({
      code: print.code ?? 0,
      stdout: Buffer.from(JSON.stringify(print.stdout ?? {})),
      stderr: Buffer.from(print.stderr ?? ''),
    });
    let warnings: Told = [];
    const errors = await told(async () => {
      warnings = (await loadBakeImages({ config, root, env: {}, run })).problems;
    });
    return [...errors, ...warnings];
  });
}

const CANARY = { args: { x: '$${x}' }, network: 'none' };
const PRINTED = {
  group: { default: { targets: ['api', 'image-release-canary'] } },
  target: { api: {}, 'image-release-canary': CANARY },
};
const HCL = 'group "default" { targets = ["api"] }\ntarget "api" {\n}\n';

export const configFixes: FollowedFix[] = [
  {
    code: 'config/missing',
    provoke: () => found({ 'README.md': '' }),
    follow: ({ fix }) => {
      const [, name, text] = /create (\S+) .*`(images: .*)`/.exec(fix)!;
      return withCheckout({ [name!]: text! }, (root) =>
        told(async () => loadConfig(await findConfig({ from: 'repository' }, root))),
      );
    },
  },
  {
    code: 'config/ambiguous',
    provoke: () => found({ 'image-release.yml': YAML, '.github/image-release.yml': YAML }),
    follow: ({ place }) => found({ [place!.file]: YAML }),
  },
  {
    code: 'config/unreadable',
    provoke: () => found({ 'image-release.yml': Buffer.from(`\ufeff${YAML}`, 'utf16le') }),
    follow: () => found({ 'image-release.yml': Buffer.from(`\ufeff${YAML}`, 'utf8') }),
  },
  mended('config/syntax', 'images:\n\tapi: { context: api }\n', () => 'images:\n  api: { context: api }\n'),
  mended(
    'config/unknown-key',
    'images:\n  api: { contxt: srv }\n',
    (problem) => `images:\n  api: { ${suggestionOf(problem)}: srv }\n`,
  ),
  mended(
    'config/invalid',
    'images:\n  api: { platforms: [arm64] }\n',
    (problem) => `images:\n  api: { platforms: [${suggestionOf(problem)}] }\n`,
  ),
  {
    code: 'config/bake-invalid',
    provoke: () =>
      baked(
        { code: 1, stderr: 'ERROR: failed to find target apo\n' },
        { 'docker-bake.hcl': HCL },
        'bake: { file: docker-bake.hcl, targets: [apo] }',
      ),
    follow: (problem) =>
      baked(
        { stdout: PRINTED },
        { 'docker-bake.hcl': HCL },
        `bake: { file: docker-bake.hcl, targets: [${suggestionOf(problem)}] }`,
      ),
  },
  {
    code: 'config/bake-warning',
    provoke: () =>
      baked(
        {
          stdout: PRINTED,
          stderr: 'time="x" level=warning msg="The \\"TAG\\" variable is not set. Defaulting to a blank string."\n',
        },
        { 'compose.yml': 'services: { api: { build: ".", image: "api:${TAG}" } }\n' },
        'bake: compose.yml',
      ),
    follow: () =>
      baked(
        { stdout: PRINTED },
        { 'compose.yml': 'services: { api: { build: ".", image: "api:${TAG:-dev}" } }\n' },
        'bake: compose.yml',
      ),
  },
];
