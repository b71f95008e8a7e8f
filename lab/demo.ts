import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { run as runProcess } from '../src/lib/process.js';
import type { ImageOutput } from '../src/report/outputs.js';
import { startAcmeLab } from './acme-lab.js';
import type { AcmeRepository } from '../testing/acme.js';
import { freePort } from '../testing/free-port.js';
import { runCli, runJob } from '../testing/runner.js';
import type { Lab } from './shared-lab.js';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SUMMARY = join(ROOT, '.lab', 'demo-summary.md');

const title = (text: string) => console.log(`\n\u001b[1m${text}\u001b[0m`);

/** `npm run demo`: a push to main of examples/acme, released for real into a registry and a git remote of its own. */
async function demo(): Promise<void> {
  title('1. A daemon, a registry and a repository of our own');
  const site = await startAcmeLab();
  const { shared, acme, github, stop } = site;
  try {
    const { lab } = shared;
    await acme.git('remote', 'set-url', 'origin', github.cloneUrl('acme/app'));
    console.log(
      `Registry ${lab.registry}, repository examples/acme at ${acme.commit.slice(0, 7)}, its remote ${acme.bare}`,
    );

    title('2. The push to main: the Action, run as the runner runs it');
    const main = await push(site, acme.commit, (line) => console.log(`  ${line}`));
    const images = JSON.parse(main.outputs['images'] ?? '{}') as Record<string, ImageOutput>;

    title('3. What the registry serves, asked with docker buildx imagetools');
    for (const [key, image] of Object.entries(images)) await showImage(lab, key, image);

    title('4. The commit on the remote: exactly the tag lines');
    await showCommit(acme, main.outputs['deploy-commit'] ?? '');

    title('5. The API container, started from the registry');
    await showHealth(lab, images['api']?.ref ?? '');

    title('6. What is deployed: image-release status, and the history that it reads');
    await showStanding(lab, acme);

    title('7. A push that changes only the frontend: the API keeps its image, and its line');
    const next = await changeFrontend(acme);
    console.log(await cli(lab, acme, 'plan'));
    const second = await push(site, next, () => {});
    await showReuse(acme, images, second);

    mkdirSync(dirname(SUMMARY), { recursive: true });
    writeFileSync(SUMMARY, second.summary);
    title('8. The summary page');
    console.log(SUMMARY);
  } finally {
    await stop();
  }
  title('Done. Everything that was started is stopped.');
}

type Site = Awaited<ReturnType<typeof startAcmeLab>>;

/** Runs the Action for a push of that commit. */
async function push({ shared, acme, github, token, cache }: Site, sha: string, onLog: (line: string) => void) {
  const { main } = await runJob({
    workspace: acme.dir,
    repository: 'acme/app',
    token,
    urls: { server: github.url, api: github.apiUrl, graphql: github.graphqlUrl },
    env: {
      DOCKER_HOST: shared.lab.dockerHost,
      ...cache.environment({ version: 'v1', ref: 'refs/heads/main' }),
    },
    event: {
      name: 'push',
      ref: 'refs/heads/main',
      sha,
      payload: {
        ref: 'refs/heads/main',
        after: sha,
        repository: { full_name: 'acme/app', default_branch: 'main', private: false, visibility: 'public' },
      },
    },
    onLog,
  });
  if (main.exitCode !== 0) throw new Error(`The Action ended with exit code ${main.exitCode}.`);
  return main;
}

/** On top of the deploy commit. @returns the new commit */
async function changeFrontend(acme: AcmeRepository): Promise<string> {
  await acme.git('pull', '--quiet', acme.bare, 'main');
  appendFileSync(join(acme.dir, 'web/server.js'), '\n// A change.\n');
  await acme.git('commit', '--quiet', '--all', '--message', 'Change the frontend');
  await acme.git('push', '--quiet', acme.bare, 'HEAD:main');
  return (await acme.git('rev-parse', 'HEAD')).trim();
}

async function showReuse(
  acme: AcmeRepository,
  before: Record<string, ImageOutput>,
  { outputs }: Awaited<ReturnType<typeof push>>,
): Promise<void> {
  const after = JSON.parse(outputs['images'] ?? '{}') as Record<string, ImageOutput>;
  for (const [key, { status, reason, digest }] of Object.entries(after)) {
    console.log(`${key}  ${status} ${reason}  ${digest}`);
  }
  if (after['api']?.digest !== before['api']?.digest || after['frontend']?.status !== 'built') {
    throw new Error('Another image was built than the one that changed.');
  }
  console.log(await acme.git('--git-dir', acme.bare, 'show', '--format=%n%h %s', 'main'));
}

interface Index {
  manifests: {
    digest: string;
    platform: { os: string; architecture: string };
    annotations?: Record<string, string>;
  }[];
}

/** An in-toto statement of BuildKit's: SBOM or provenance. */
interface Statement {
  predicateType: string;
  subject: { digest: { sha256: string } }[];
  predicate: {
    packages?: { name: string; versionInfo?: string }[];
    metadata?: Record<string, { vcs?: { source?: string; revision?: string } } | undefined>;
  };
}

async function showImage(lab: Lab, key: string, image: ImageOutput): Promise<void> {
  const ref = `${image.image}@${image.digest}`;
  const index = JSON.parse(await inspect(lab, ref, '--raw')) as Index;
  const platforms = index.manifests.filter(({ platform }) => platform.os !== 'unknown');
  console.log(`${key}  ${ref}`);
  console.log(`  tags        ${image.tags.join(', ')}`);
  for (const { digest, platform } of platforms) {
    const attestation = index.manifests.find(
      ({ annotations }) => annotations?.['vnd.docker.reference.digest'] === digest,
    );
    if (attestation === undefined) throw new Error(`${ref}: ${digest} has no attestation.`);
    console.log(`  platform    ${platform.os}/${platform.architecture}  ${digest}`);
    for (const statement of await statementsIn(lab, image.image, attestation.digest)) {
      showStatement(statement, digest);
    }
  }
}

/** Reads the statements of an attestation manifest as any client of the registry would. */
async function statementsIn(lab: Lab, image: string, digest: string): Promise<Statement[]> {
  const { layers } = JSON.parse(await inspect(lab, `${image}@${digest}`, '--raw')) as {
    layers: { digest: string }[];
  };
  const path = image.slice(image.indexOf('/') + 1);
  return Promise.all(
    layers.map(async (layer) => {
      const answer = await fetch(`http://${lab.registry}/v2/${path}/blobs/${layer.digest}`);
      return (await answer.json()) as Statement;
    }),
  );
}

function showStatement({ predicateType, subject, predicate }: Statement, digest: string): void {
  if (!subject.every((item) => `sha256:${item.digest.sha256}` === digest)) {
    throw new Error(`A statement of ${predicateType} is about another image than ${digest}.`);
  }
  const { packages } = predicate;
  const vcs = Object.values(predicate.metadata ?? {}).find((value) => value?.vcs !== undefined)?.vcs;
  if (packages !== undefined) {
    const express = packages.find(({ name }) => name === 'express');
    const found = express === undefined ? '' : `, express ${express.versionInfo}`;
    console.log(`  SBOM        of this digest: ${packages.length} packages${found}`);
  } else if (vcs?.revision !== undefined) {
    console.log(`  provenance  of this digest: ${vcs.source} at ${vcs.revision}`);
  } else {
    throw new Error(`The statement ${predicateType} names neither packages nor a commit.`);
  }
}

function inspect(lab: Lab, ref: string, ...options: string[]): Promise<string> {
  return command(lab, 'docker', 'buildx', 'imagetools', 'inspect', ref, ...options);
}

async function showCommit(acme: AcmeRepository, commit: string): Promise<void> {
  const remote = (...args: string[]) => acme.git('--git-dir', acme.bare, ...args);
  console.log(await remote('log', '-1', '--format=%h %s%n%n%b', 'main'));
  const diff = await remote('diff', acme.commit, 'main');
  console.log(diff);
  const changed = diff.split('\n').filter((line) => /^[+-](?![+-])/.test(line));
  if ((await remote('rev-parse', 'main')) !== commit || !changed.every((line) => line.includes('newTag'))) {
    throw new Error('The commit changed more than tags.');
  }
}

/** Asked from the command line, which knows nothing of the run before but what the repository holds. */
async function showStanding(lab: Lab, acme: AcmeRepository): Promise<void> {
  console.log(await cli(lab, acme, 'status'));
  console.log(await acme.git('--git-dir', acme.bare, 'log', '--format=%h %s', 'refs/image-release/main'));
}

async function cli(lab: Lab, acme: AcmeRepository, ...args: string[]): Promise<string> {
  const env = { DOCKER_HOST: lab.dockerHost };
  const { exitCode, stdout, stderr } = await runCli({ args, cwd: acme.dir, env });
  if (exitCode !== 0) throw new Error(`image-release ${args.join(' ')} ended with exit code ${exitCode}:\n${stderr}`);
  return stdout;
}

async function showHealth(lab: Lab, ref: string): Promise<void> {
  const port = await freePort();
  const container = (
    await command(lab, 'docker', 'run', '--detach', '--rm', '--network', 'host', '--env', `PORT=${port}`, ref)
  ).trim();
  try {
    for (let tries = 0; ; tries++) {
      const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined);
      if (answer?.ok) {
        console.log(`GET /healthz → ${answer.status} ${await answer.text()}`);
        return;
      }
      if (tries >= 50) throw new Error('The API gave no health answer.');
      await delay(200);
    }
  } finally {
    await command(lab, 'docker', 'rm', '--force', container);
  }
}

async function command(lab: Lab, program: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runProcess(program, args, {
    env: { ...process.env, DOCKER_HOST: lab.dockerHost },
  });
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr.toString().trim()}`);
  return stdout.toString();
}

await demo();
