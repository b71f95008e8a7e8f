import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDebianPackages } from '../../lab/packages.js';
import { editKustomization } from '../../src/deploy/kustomization/kustomization.js';
import { CLI } from './bundle.js';
import { compare, execute } from './compare.js';

const NAME = 'registry.example.org/team/image-200';

export async function benchDeploy(): Promise<void> {
  await ensureDebianPackages(['kustomize']);
  const dir = mkdtempSync(join(tmpdir(), 'bench-deploy-'));
  try {
    benchEdit(join(dir, 'edit'));
    benchRollout(join(dir, 'rollout'));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function longKustomization(): string {
  const entries = Array.from({ length: 250 }, (_, index) => [
    `  # image ${index}`,
    `  - name: registry.example.org/team/image-${index}`,
    `    newName: mirror.example.org/team/image-${index}`,
    `    newTag: "1.${index}" # set by a release`,
  ]);
  return `resources: []\nimages:\n${entries.flat().join('\n')}\n`;
}

function benchEdit(dir: string): void {
  mkdirSync(dir);
  const text = longKustomization();
  const file = join(dir, 'kustomization.yaml');
  writeFileSync(file, text);
  const bytes = Buffer.from(text);
  compare(
    {
      claim: 'Editing one tag in a Kustomization of 1,000 lines, in process',
      bar: '≤ 150 ms',
      pairs: 15,
    },
    {
      name: 'editKustomization, the whole edit',
      run: () => void editKustomization({ path: file, bytes, edits: [{ name: NAME, tag: '2.0' }] }),
    },
    {
      name: 'kustomize edit set image',
      run: () => {
        execute('kustomize', ['edit', 'set', 'image', `${NAME}=*:2.0`], { cwd: dir, env: process.env });
      },
    },
  );
}

/** A repository of a thousand files, as a small project has them. */
function benchRollout(dir: string): void {
  const at = (name: string) => join(dir, name);
  mkdirSync(dir);
  const env = { ...process.env, HOME: dir, GITHUB_TOKEN: '', GH_TOKEN: '' };
  const git = (cwd: string, ...args: string[]) => execute('git', args, { cwd, env });
  writeFileSync(at('.gitconfig'), '[user]\n  name = Acme developer\n  email = developer@acme.example\n');
  git(dir, 'init', '--quiet', '--bare', '--initial-branch=main', 'app.git');
  git(dir, 'clone', '--quiet', 'app.git', 'app');
  const checkout = at('app');
  mkdirSync(join(checkout, 'k8s'));
  for (let index = 0; index < 1000; index++) writeFileSync(join(checkout, `file-${index}.txt`), `${index}\n`);
  writeFileSync(
    join(checkout, 'image-release.yml'),
    'registry: registry.example.org/acme\nimages: { api: { context: . } }\ndeploy: k8s\n',
  );
  writeFileSync(
    join(checkout, 'k8s', 'kustomization.yaml'),
    'resources: [pod.yaml]\nimages:\n  - name: registry.example.org/acme/api\n    newTag: v0\n',
  );
  writeFileSync(
    join(checkout, 'k8s', 'pod.yaml'),
    'apiVersion: v1\nkind: Pod\nmetadata: { name: api }\nspec: { containers: [{ name: api, image: registry.example.org/acme/api }] }\n',
  );
  git(checkout, 'checkout', '--quiet', '-B', 'main');
  git(checkout, 'add', '--all');
  git(checkout, 'commit', '--quiet', '--message', 'First');
  git(checkout, 'push', '--quiet', 'origin', 'main');

  let round = 0;
  const reference = (mark: string) => `registry.example.org/acme/api:${mark}-${++round}`;
  compare(
    { claim: 'A whole rollout to a local bare repository: read, edit, prove, commit, push', pairs: 9 },
    {
      name: 'image-release deploy',
      run: () => {
        const args = ['deploy', '--image', `api=${reference('a')}`, '--no-registry-check'];
        execute(process.execPath, [CLI, ...args, '--run', String(round)], { cwd: checkout, env });
      },
    },
    {
      name: 'git clone, kustomize edit set image, kustomize build, git commit, git push',
      run: () => {
        const script = `set -e
          git clone --quiet --depth 1 "file://${at('app.git')}" work
          cd work/k8s
          kustomize edit set image ${reference('b')}
          kustomize build . >/dev/null
          git commit --quiet --all --message 'Deploy'
          git push --quiet
          cd ../.. && rm -rf work`;
        execute('sh', ['-c', script], { cwd: dir, env });
      },
    },
  );
}
