/** @programs docker kustomize */
import { openCliSite, type CliSite } from './cli-site.js';
import { viewRepository } from './registry-view.js';
import { dockerfile, lab, pods } from './shop.js';

/** A bake file with a group, a variable, inheritance, a matrix, and a target that is built on another one. */
const bakeFile = (prefix: string) => `variable "GREETING" { default = "hello" }
group "default" { targets = ["worker", "reports"] }
target "_common" {
  contexts = { busybox = "docker-image://${lab.baseBusybox}" }
  labels   = { "org.acme.team" = "shop" }
}
target "worker" {
  name       = "worker-\${queue}"
  inherits   = ["_common"]
  matrix     = { queue = ["mail", "bills"] }
  context    = "worker"
  args       = { QUEUE = queue, GREETING = GREETING }
  tags       = ["${prefix}/worker-\${queue}:dev"]
}
target "reports" {
  inherits   = ["_common"]
  context    = "reports"
  dockerfile = "../docker/reports.Dockerfile"
  contexts   = { busybox = "target:worker-mail" }
  tags       = ["${prefix}/reports"]
}
target "tests" { context = "nowhere" }
`;

const KEYS = ['worker-mail', 'worker-bills', 'reports'];

interface Output {
  images: Record<string, { image: string; status: string; reason: string; digest: string; tags: string[] }>;
}

let site: CliSite;
beforeAll(async () => {
  site = await openCliSite();
  const { prefix } = site;
  await site.configure({ images: undefined, bake: 'docker-bake.hcl' });
  await site.commit({
    'docker-bake.hcl': bakeFile(prefix),
    'worker/Dockerfile': dockerfile(
      'ARG QUEUE',
      'ARG GREETING',
      'COPY words /words',
      'RUN echo "$GREETING $QUEUE" > /said',
    ),
    'worker/words': `works for ${prefix}\n`,
    'docker/reports.Dockerfile': dockerfile('COPY page /page'),
    'reports/page': `page of ${prefix}\n`,
    'k8s/kustomization.yml': `resources: [pods.yaml]
images:
${KEYS.map((key) => `  - { name: ${key}, newName: ${prefix}/${key}, newTag: main-0000000 }\n`).join('')}`,
    'k8s/pods.yaml': pods(Object.fromEntries(KEYS.map((key) => [key, key]))),
  });
});
afterAll(() => site?.close());

async function release() {
  const { exitCode, stdout, stderr } = await site.cli(['release', '--json']);
  expect({ exitCode, problems: stderr.match(/"type":"problem".*"severity":"error".*/g) }).toEqual({
    exitCode: 0,
    problems: null,
  });
  const { images } = JSON.parse(stdout) as Output;
  await site.git('pull', '--quiet', '--rebase', 'origin', 'main');
  return images;
}

const statusesOf = (images: Output['images']) =>
  Object.fromEntries(Object.entries(images).map(([key, { status, reason }]) => [key, `${status}: ${reason}`]));

test('releases bake targets as images, with a matrix, inherited settings, and another target as base', async () => {
  const head = (await site.git('rev-parse', 'HEAD')).slice(0, 7);
  const images = await release();
  expect(Object.keys(images).sort()).toEqual([...KEYS].sort());
  for (const key of KEYS) {
    expect(images[key]).toMatchObject({
      image: `${site.prefix}/${key}`,
      status: 'built',
      tags: [`main-${head}`, 'latest'],
    });
    const view = viewRepository(`${site.prefix}/${key}`);
    expect(await view.tags()).toEqual(['latest', `main-${head}`]);
    expect(await view.everything('latest')).toContain('"org.acme.team":"shop"');
    expect(await site.read('k8s/kustomization.yml')).toContain(`newName: ${site.prefix}/${key}, newTag: main-${head}`);
  }
  const said = await site.docker('run', '--rm', '--network=none', `${site.prefix}/reports:latest`, 'cat', '/said');
  expect(said).toBe('hello mail');
});

test('rebuilds only the target of a bake file whose fingerprint changed', async () => {
  const since = `since main-${(await site.git('rev-parse', 'HEAD~1')).slice(0, 7)}`;
  await site.commit({ 'reports/page': `other page of ${site.prefix}\n` });
  expect(statusesOf(await release())).toEqual({
    'worker-mail': `unchanged: ${since} (2 commits)`,
    'worker-bills': `unchanged: ${since} (2 commits)`,
    reports: 'built: reports/page changed',
  });
});
