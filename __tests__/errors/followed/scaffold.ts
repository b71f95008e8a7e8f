import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../../../src/config/load.js';
import { planRunner } from '../../../src/scaffold/kaniko-runner/plan-runner.js';
import { writeFiles, type WriteOrder } from '../../../src/scaffold/write-files.js';
import { told, type FollowedFix, type Told } from '../followed-fix.js';

const runner = (yaml: string, repository?: string): Promise<Told> =>
  told(() =>
    planRunner({
      config: loadConfig({ text: yaml, origin: 'image-release.yml' }),
      source: { repository: 'acme/shop' },
      cache: 'emptyDir',
      ...(repository !== undefined && { repository }),
    }),
  );

let root: string;
const written = (text: string, existing: WriteOrder['existing']): Promise<Told> =>
  told(() => writeFiles([{ path: 'k8s/kaniko/runner.yml', text }], { root, existing, mode: 'write' }));

const URL = 'https://github.com/acme/shop';

export const scaffoldFixes: FollowedFix[] = [
  {
    code: 'scaffold/file-exists',
    async provoke() {
      root = await mkdtemp(join(tmpdir(), 'scaffold-'));
      await written('mine\n', 'keep');
      return written('new\n', 'keep');
    },
    async follow({ fix }) {
      expect(fix).toMatch(/^Give --force/);
      const after = await written('new\n', 'overwrite');
      await rm(root, { recursive: true });
      return after;
    },
  },
  {
    code: 'scaffold/repository-unknown',
    provoke: () => runner('images: { api: }'),
    follow({ fix }) {
      const [, example = ''] = /--repository (\S+)\.$/.exec(fix) ?? [];
      return runner('images: { api: }', example.replace('OWNER/NAME', 'acme/shop'));
    },
  },
  {
    code: 'scaffold/not-buildable',
    provoke: () => runner("images:\n  api: { platforms: 'linux/amd64,linux/arm64' }\n", URL),
    follow({ place }) {
      expect(place).toMatchObject({ file: 'image-release.yml', line: 2 });
      return runner("images:\n  api: { platforms: 'linux/amd64' }\n", URL);
    },
  },
];
