import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAcmeRepository } from '../../testing/acme.js';
import { startSharedLab, type Lab } from '../../lab/shared-lab.js';
import { bakeDefinition } from '../../src/builders/buildx/bake-definition.js';
import type { PlannedImage } from '../../src/plan/plan.js';
import { CLI } from './bundle.js';
import { compare, execute } from './compare.js';

export async function benchBuild(): Promise<void> {
  const shared = await startSharedLab();
  try {
    await benchOverhead(shared.lab, join(shared.dir, 'overhead'));
    await benchUnchanged(shared.lab, join(shared.dir, 'unchanged'));
    benchSideBySide(shared.lab, join(shared.dir, 'six'));
  } finally {
    await shared.stop();
  }
}

async function benchOverhead(lab: Lab, dir: string): Promise<void> {
  const acme = await createAcmeRepository({ ...partsOf(lab), dir, prefix: 'bench' });
  const run = { cwd: acme.dir, env: { ...process.env, DOCKER_HOST: lab.dockerHost } };
  const plan = JSON.parse(execute(process.execPath, [CLI, 'plan', '--json', '--no-cache'], run)) as {
    images: Record<string, PlannedImage>;
  };
  const images = Object.entries(plan.images).map(([key, image]) => ({ ...image, key }));
  const input = bakeDefinition(images, 'under-release-tag').json;
  const metadata = join(dir, 'metadata.json');
  compare(
    { claim: 'A cold build of examples/acme, everything included', bar: '≤ 3 % or 0.4 s more', pairs: 5 },
    { name: 'image-release build', run: () => execute(process.execPath, [CLI, 'build', '--no-cache'], run) },
    {
      name: 'docker buildx bake',
      run: () => execute('docker', ['buildx', 'bake', '-f', '-', '--metadata-file', metadata], { ...run, input }),
    },
  );
}

/** A push that touches no image: base digests and attestations are asked for again, nothing is built. */
async function benchUnchanged(lab: Lab, dir: string): Promise<void> {
  const acme = await createAcmeRepository({ ...partsOf(lab), dir, prefix: 'bench-unchanged' });
  const env = { ...process.env, DOCKER_HOST: lab.dockerHost, GITHUB_TOKEN: '', GH_TOKEN: '' };
  const run = { cwd: acme.dir, env };
  const ours = (command: 'build' | 'release') => execute(process.execPath, [CLI, command, '--json'], run);
  const commit = () => execute('git', ['commit', '--quiet', '--allow-empty', '-m', 'No image'], run);
  // As in a clone.
  execute('git', ['update-ref', 'refs/remotes/origin/main', 'HEAD'], run);
  execute('git', ['symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main'], run);
  ours('release');
  const unchanged = (command: 'build' | 'release') => ({
    name: `image-release ${command}`,
    prepare: commit,
    run: () => {
      const { images } = JSON.parse(ours(command)) as { images: Record<string, { status: string }> };
      const built = Object.keys(images).filter((key) => images[key]?.status !== 'unchanged');
      if (built.length > 0) throw new Error(`${built.join(', ')} did change.`);
    },
  });
  const attested = [`--sbom=generator=${lab.scanner}`, '--provenance=mode=max'];
  const base = `--build-context=node:24-alpine=docker-image://${lab.baseNode}`;
  const cached = {
    name: 'docker buildx build --push of both, from the cache, with the same attestations',
    run: () => {
      for (const key of ['api', 'web']) {
        const tag = `${lab.registry}/bench-unchanged-plain/${key}:1`;
        execute('docker', ['buildx', 'build', base, ...attested, '--push', '-t', tag, key], run);
      }
    },
  };
  compare({ claim: 'Two images that did not change, published', bar: '≤ 0.25', pairs: 7 }, unchanged('build'), cached);
  compare(
    { claim: 'The same with the rollout to a local repository, which the builds lack', pairs: 7 },
    unchanged('release'),
    cached,
  );
}

function partsOf({ registry, baseNode, scanner }: Lab) {
  return { registry, baseNode, scanner };
}

/** Six images of a second of work each. */
function benchSideBySide(lab: Lab, dir: string): void {
  const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
  const work = 'i=0; while [ $i -lt 700000 ]; do i=$((i+1)); done';
  for (const key of keys) {
    mkdirSync(join(dir, key), { recursive: true });
    writeFileSync(join(dir, key, 'Dockerfile'), `FROM ${lab.baseBusybox}\nRUN echo ${key}; ${work}\n`);
  }
  const images = keys.map((key) => `  ${key}: {}`).join('\n');
  writeFileSync(
    join(dir, 'image-release.yml'),
    `registry: ${lab.registry}/bench6\nattest: { sbom: off, provenance: off }\nimages:\n${images}\n`,
  );
  const run = { cwd: dir, env: { ...process.env, DOCKER_HOST: lab.dockerHost } };
  const identity = ['-c', 'user.name=bench', '-c', 'user.email=bench@example.org'];
  execute('git', ['init', '--quiet'], run);
  execute('git', ['add', '.'], run);
  execute('git', [...identity, 'commit', '--quiet', '-m', 'Six images'], run);
  compare(
    { claim: 'Six independent images, a second of CPU each', bar: '≤ 0.6', pairs: 5 },
    { name: 'image-release build', run: () => execute(process.execPath, [CLI, 'build', '--no-cache'], run) },
    {
      name: 'docker buildx build --push, six times',
      run: () => {
        for (const key of keys) {
          const tag = `${lab.registry}/bench6-plain/${key}:1`;
          execute('docker', ['buildx', 'build', '--no-cache', '--provenance=false', '--push', '-t', tag, key], run);
        }
      },
    },
  );
}
