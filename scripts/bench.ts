import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { createAcmeRepository } from '../lab/acme.js';
import { startSharedLab, type Lab } from '../lab/shared-lab.js';
import { bakeDefinition } from '../src/build/bake-definition.js';
import { editKustomization } from '../src/deploy/kustomization/kustomization.js';
import type { PlannedImage } from '../src/plan/plan.js';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CLI = join(ROOT, 'dist', 'cli', 'index.js');

/** One thing to be timed; `run` does it once. */
interface Contender {
  name: string;
  run(): void;
}

interface Run {
  cwd: string;
  env: NodeJS.ProcessEnv;
  input?: string;
}

function execute(program: string, args: string[], { cwd, env, input }: Run): string {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    env,
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status !== 0)
    throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${stderr.slice(-2000)}`);
  return stdout;
}

/** Runs both in turn, A B A B …, after one round that is not counted: the ratio is taken pair by pair. */
function compare(claim: string, rounds: number, a: Contender, b: Contender): void {
  const pairs: { a: number; b: number }[] = [];
  for (let round = 0; round <= rounds; round++) {
    const pair = { a: seconds(a), b: seconds(b) };
    if (round > 0) pairs.push(pair);
  }
  const ratios = pairs.map((pair) => pair.a / pair.b);
  console.log(`\n${claim}`);
  console.log(`  ${a.name}: ${show(median(pairs.map((pair) => pair.a)))}`);
  console.log(`  ${b.name}: ${show(median(pairs.map((pair) => pair.b)))}`);
  console.log(
    `  ratio ${median(ratios).toFixed(3)} (${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}), difference ${show(median(pairs.map((pair) => pair.a - pair.b)))}, ${rounds} pairs`,
  );
}

function seconds({ run }: Contender): number {
  const began = performance.now();
  run();
  return (performance.now() - began) / 1000;
}

function median(values: number[]): number {
  const sorted = [...values].sort((x, y) => x - y);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const show = (value: number) =>
  Math.abs(value) < 2 ? `${(value * 1000).toFixed(0)} ms` : `${value.toFixed(2)} s`;

function benchStart(): void {
  const run = { cwd: ROOT, env: process.env };
  compare(
    'Start of the bundle to its first line',
    15,
    { name: 'image-release --help', run: () => execute(process.execPath, [CLI, '--help'], run) },
    { name: 'node with an empty program', run: () => execute(process.execPath, ['-e', '0'], run) },
  );
}

function benchEdit(): void {
  const entries = Array.from({ length: 2500 }, (_, index) => [
    `  # image ${index}`,
    `  - name: registry.example.org/team/image-${index}`,
    `    newName: mirror.example.org/team/image-${index}`,
    `    newTag: "1.${index}" # set by a release`,
  ]);
  const bytes = Buffer.from(`resources: [deployment.yml]\nimages:\n${entries.flat().join('\n')}\n`);
  const edits = [{ name: 'registry.example.org/team/image-2000', tag: '2.0' }];
  compare(
    'Editing one tag in a Kustomization of 10,000 lines, in process',
    15,
    {
      name: 'editKustomization',
      run: () => void editKustomization({ path: 'kustomization.yml', bytes, edits }),
    },
    { name: 'decoding and splitting the same bytes', run: () => void bytes.toString('utf8').split('\n') },
  );
}

async function benchOverhead(lab: Lab, dir: string): Promise<void> {
  const acme = await createAcmeRepository({
    dir,
    registry: lab.registry,
    baseNode: lab.baseNode,
    scanner: lab.scanner,
    prefix: 'bench',
  });
  const run = { cwd: acme.dir, env: { ...process.env, DOCKER_HOST: lab.dockerHost } };
  const plan = JSON.parse(execute(process.execPath, [CLI, 'plan', '--json', '--no-cache'], run)) as {
    images: Record<string, Omit<PlannedImage, 'key'>>;
  };
  const images = Object.entries(plan.images).map(([key, image]) => ({ key, ...image }));
  const input = bakeDefinition(images, 'under-release-tag').json;
  const metadata = join(dir, 'metadata.json');
  compare(
    'A cold build of examples/acme, everything included, against the bare bake that it runs',
    3,
    { name: 'image-release build', run: () => execute(process.execPath, [CLI, 'build', '--no-cache'], run) },
    {
      name: 'docker buildx bake',
      run: () =>
        execute('docker', ['buildx', 'bake', '-f', '-', '--metadata-file', metadata], { ...run, input }),
    },
  );
}

/** Six images of a second of work each. */
function benchSideBySide(lab: Lab, dir: string): void {
  const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
  const work = 'i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done';
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
    'Six independent images (a second of CPU each): one release against six builds in turn',
    3,
    { name: 'image-release build', run: () => execute(process.execPath, [CLI, 'build', '--no-cache'], run) },
    {
      name: 'docker buildx build --push, six times',
      run: () => {
        for (const key of keys) {
          const tag = `${lab.registry}/bench6-plain/${key}:1`;
          execute(
            'docker',
            ['buildx', 'build', '--no-cache', '--provenance=false', '--push', '-t', tag, key],
            run,
          );
        }
      },
    },
  );
}

console.log('Ratios of things measured side by side in this run; single times depend on the machine.');
benchStart();
benchEdit();
const shared = await startSharedLab();
try {
  await benchOverhead(shared.lab, join(shared.dir, 'overhead'));
  benchSideBySide(shared.lab, join(shared.dir, 'six'));
} finally {
  await shared.stop();
}
