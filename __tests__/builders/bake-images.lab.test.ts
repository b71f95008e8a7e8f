/** @programs docker */
import { readdir } from 'node:fs/promises';
import { bakeDefinition } from '../../src/builders/buildx/bake-definition.js';
import type { BuiltImage } from '../../src/builders/built.js';
import { loadConfig } from '../../src/config/load.js';
import type { Config } from '../../src/config/config.js';
import { loadBakeImages } from '../../src/facts/bake-file.js';
import { run } from '../../src/lib/process.js';
import type { PlannedImage } from '../../src/plan/plan.js';
import { planRelease } from '../../src/plan/plan-release.js';
import { createBakery, type Bakery } from './bakery.js';
import { REGISTRY } from './daemon.js';
import { fromRegistry, provenanceOf, tagsOf } from './registry-reader.js';
import { planOf } from './samples.js';

const BAKE_FILE = (prefix: string) => `
variable "GREETING" { default = "hello" }
group "default" { targets = ["services"] }
target "_common" {
  args = { GREETING = GREETING, LITERAL = "$\${x}" }
  labels = { team = "a, b" }
  shm-size = "128m"
}
target "base" {
  dockerfile-inline = <<EOT
FROM ${process.env['LAB_BASE_BUSYBOX']}
ARG GREETING=none
RUN echo "base $GREETING $\${HOME}" > /base
EOT
}
target "services" {
  name = "svc-\${item}"
  matrix = { item = ["one", "two"] }
  inherits = ["_common"]
  context = "services/\${item}"
  dockerfile = "../Dockerfile"
  target = "final"
  contexts = { base = "target:base", lib = "./lib" }
  tags = ["${prefix}/\${item}:dev", "${prefix}/\${item}:latest"]
  secret = ["id=token,env=BAKE_TOKEN"]
  platforms = ["linux/amd64"]
  ulimits = ["nofile=1024:1024"]
}
target "unused" { context = "nowhere" }
`;

const COMPOSE_FILE = (prefix: string) => `
services:
  db: { image: postgres:17 }
  docs.site:
    image: ${prefix}/docs:1
    build:
      context: ./lib
      dockerfile_inline: |
        FROM scratch
        COPY prices /
      args: { UNSET_HERE: }
`;

const SERVICE_DOCKERFILE = `FROM base AS final
ARG GREETING
ARG LITERAL
COPY name /name
COPY --from=lib prices /prices
RUN --mount=type=secret,id=token test "$(cat /run/secrets/token)" = open && cat /base > /told && echo "$GREETING $LITERAL" >> /told
FROM scratch
`;

type Print = Record<string, Record<string, unknown>>;

let bakery: Bakery;
let config: Config;
let prefix: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  bakery = await createBakery();
  const { site } = bakery;
  prefix = `${REGISTRY}/build-${bakery.id}`;
  env = { ...site.env, GREETING: 'good day', BAKE_TOKEN: 'open' };
  await site.write('docker-bake.hcl', BAKE_FILE(prefix));
  await site.write('compose.yml', COMPOSE_FILE(prefix));
  await site.write('services/Dockerfile', SERVICE_DOCKERFILE);
  await site.write('services/one/name', `one ${bakery.id}`);
  await site.write('services/two/name', `two ${bakery.id}`);
  await site.write('lib/prices', 'bread 3');
  await site.write('top/Dockerfile', 'FROM base\nCOPY Dockerfile /top\n');
  const yaml = `
registry: ${prefix}
bake: { file: [docker-bake.hcl, compose.yml], targets: [default, docs_site] }
images:
  svc-two: { args: { LITERAL: mine }, labels: { tier: back } }
  top: { contexts: { base: "image:svc-one" } }
  many: { context: top, contexts: { base: "image:many-base" }, platforms: [linux/amd64, linux/arm64] }
  many-base: { context: lib, dockerfile: ../many.Dockerfile, platforms: [linux/amd64, linux/arm64] }
attest: { sbom: off, provenance: max }`;
  await site.write('many.Dockerfile', 'FROM scratch\nCOPY prices /\n');
  const loaded = await loadBakeImages({
    config: loadConfig({ text: yaml, origin: 'image-release.yml' }),
    root: site.root,
    env,
    run,
  });
  expect(loaded.problems).toEqual([]);
  config = loaded.config;
});
afterEach(async () => {
  expect(await readdir(bakery.site.temp)).toEqual([]);
});
afterAll(() => bakery.close());

function planned(images: string[] = []): PlannedImage[] {
  const { source } = planOf([]);
  const { plan, problems } = planRelease(
    config,
    { source, environment: { kind: 'terminal' }, files: {}, uncommitted: [] } as unknown as Parameters<
      typeof planRelease
    >[1],
    {
      images,
      extraTags: [],
      push: 'true',
      deploy: 'false',
      platforms: [],
      noCache: false,
      rebuild: false,
      order: 'forward-only',
    },
  );
  expect(problems).toEqual([]);
  return plan.images;
}

async function print(args: string[], input?: string): Promise<Print> {
  const { code, stdout, stderr } = await run('docker', ['buildx', 'bake', '--print', ...args], {
    env,
    cwd: bakery.site.root,
    input,
  });
  if (code !== 0) throw new Error(stderr.toString());
  return (JSON.parse(stdout.toString()) as { target: Print }).target;
}

async function layersOf(image: PlannedImage, built: BuiltImage): Promise<string[]> {
  const index = await fromRegistry(image, 'manifests', built.digest!);
  const [own] = index.json.manifests;
  const { json } = await fromRegistry(image, 'manifests', own!.digest);
  return json.layers.map(({ digest }) => digest);
}

test('the generated definition has the targets and settings that bake reads from the files', async () => {
  const images = planned();
  expect(images.map(({ key }) => key)).toEqual(['svc-two', 'top', 'many', 'many-base', 'docs_site', 'svc-one']);
  const [before, after] = await Promise.all([
    print(['-f', 'docker-bake.hcl', '-f', 'compose.yml', 'default', 'docs_site']),
    print(['-f', '-'], bakeDefinition(images, 'by-digest').json),
  ]);
  const names = { 'svc-one': 'svc-one', 'svc-two': 'svc-two', docs_site: 'docs_site', base: 'target_base' };
  for (const [was, is] of Object.entries(names)) {
    const { tags, labels, args, contexts, output, ...rest } = before[was]!;
    expect(after[is]).toMatchObject({
      ...rest,
      ...(rest['dockerfile-inline'] !== undefined && { dockerfile: 'Dockerfile' }),
      ...(labels !== undefined && { labels: { ...labels, ...(was === 'svc-two' && { tier: 'back' }) } }),
      args: { ...(args as object), ...(was === 'svc-two' && { LITERAL: 'mine' }) },
      ...(contexts !== undefined && { contexts: { base: 'target:target_base', lib: 'lib' } }),
    });
    expect(Object.keys(after[is]!['args'] as object).sort()).toEqual(
      ['SOURCE_DATE_EPOCH', ...Object.keys((args as object | undefined) ?? {})].sort(),
    );
    expect(tags === undefined).toBe(was === 'base');
    expect(output).toBeUndefined();
  }
  expect(after['svc-one']!['args']).toMatchObject({ GREETING: 'good day' });
  expect(after).not.toHaveProperty('unused');
});

test('images are built on each other, on helper targets, and on unchanged published images', async () => {
  const images = planned();
  const { images: built } = await bakery.build(images, { env });
  const of = (key: string) => [images.find((i) => i.key === key)!, built.find((b) => b.key === key)!] as const;
  expect(built.map(({ key }) => key)).toEqual(images.map(({ key }) => key));

  const [one, two, top] = [
    await layersOf(...of('svc-one')),
    await layersOf(...of('svc-two')),
    await layersOf(...of('top')),
  ];
  expect(one.slice(0, 2)).toEqual(two.slice(0, 2));
  expect(top.slice(0, one.length)).toEqual(one);
  const [many, builtMany] = of('many');
  const { json } = await fromRegistry(many, 'manifests', builtMany.digest!);
  const platforms = json.manifests.map(
    (manifest) => (manifest as unknown as { platform: { architecture: string } }).platform.architecture,
  );
  expect(platforms.filter((name) => name !== 'unknown').sort()).toEqual(['amd64', 'arm64']);
  const told = await provenanceOf(of('svc-one')[0], of('svc-one')[1].digest!);
  expect(told).toContain('"build-arg:LITERAL":"${x}"');
  // Provenance includes indirect base images.
  expect(await provenanceOf(of('top')[0], of('top')[1].digest!)).toMatch(/"uri":"pkg:docker\/[^"]*busybox@/);
  expect(await tagsOf(of('svc-one')[0])).toEqual([]);

  const again = images
    .filter(({ key }) => key === 'svc-one' || key === 'top')
    .map((image): PlannedImage =>
      image.key === 'top'
        ? image
        : { ...image, status: 'unchanged', digest: of('svc-one')[1].digest!, since: { tag: 'main-0' } },
    );
  const { images: rebuilt } = await bakery.build(again, { env });
  expect(rebuilt.map(({ key }) => key)).toEqual(['top']);
  expect(
    await layersOf(
      again.find(({ key }) => key === 'top')!,
      rebuilt[0]!,
    ),
  ).toEqual(top);
  expect(await provenanceOf(of('top')[0], rebuilt[0]!.digest!)).toContain(of('svc-one')[1].digest!.slice(7));
});

test('the docker driver builds the bases of a single selected image, and pushes it under its release tag', async () => {
  const images = planned(['top']);
  expect(images[0]!.helpers?.map(({ key }) => key)).toEqual(['svc-one', 'target:base']);
  const { images: built } = await bakery.build(images, {
    env,
    builder: { type: 'existing', name: 'default', driver: 'docker', output: 'under-release-tag' },
  });
  expect(built).toMatchObject([{ key: 'top', pushed: 'under-release-tag' }]);
  expect(await tagsOf(images[0]!)).toEqual([images[0]!.releaseTag]);
});
