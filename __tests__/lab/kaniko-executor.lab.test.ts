/** @programs docker */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { pushKanikoExecutor } from '../../lab/kaniko-executor.js';
import { labFromEnvironment } from '../../lab/shared-lab.js';
import { run } from '../../src/lib/process.js';

/**
 * Behavior of Kaniko's executor v1.28.3, from which these tests were derived. They must also pass for the real
 * executor: set KANIKO_EXECUTOR to its reference and KANIKO_EXECUTOR_DEBUG to its variant with a shell.
 */
const lab = labFromEnvironment();
const env = { PATH: process.env.PATH, HOME: process.env.HOME, DOCKER_HOST: lab.dockerHost };
const repository = `${lab.registry}/executor-${process.pid}`;
const base = lab.baseBusybox;
let executor: string;
let debug: string;
let work: string;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'executor-'));
  const made = await pushKanikoExecutor({
    registry: lab.registry,
    proxyPort: Number(new URL(lab.buildkit).port),
  });
  executor = process.env.KANIKO_EXECUTOR ?? made.executor;
  debug = process.env.KANIKO_EXECUTOR_DEBUG ?? made.debug;
}, 120_000);
afterAll(() => rm(work, { recursive: true, force: true }));

const CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETUID', 'SETGID'];
const CONTAINER = [
  ...['run', '--rm', '--interactive', '--network', 'host', '--security-opt', 'no-new-privileges'],
  ...['--cap-drop', 'ALL', ...CAPABILITIES.flatMap((name) => ['--cap-add', name])],
];

/** Calls the executor like the builder: context and Dockerfile on standard input. */
async function kaniko(args: readonly string[], input: Uint8Array, options: readonly string[] = []) {
  const fixed = [
    ...['--context=tar://stdin', '--context-sub-path=context', '--log-format=json', '--force'],
    '--dockerfile=/kaniko/buildcontext/Dockerfile',
  ];
  const result = await run('docker', [...CONTAINER, ...options, executor, ...fixed, ...args], { env, input });
  return read(result);
}

function read({ code, stdout, stderr }: { code: number; stdout: Buffer; stderr: Buffer }) {
  const lines = stderr.toString().trimEnd().split('\n');
  const own = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as { msg: string });
  const failure = lines.findLast((line) => /^(?:error |Error: )/.test(line));
  return { code, output: stdout.toString(), messages: own.map(({ msg }) => msg), failure };
}

async function pack(files: Record<string, string>): Promise<Buffer> {
  const dir = await mkdtemp(join(work, 'context-'));
  await mkdir(join(dir, 'context'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(dir, name), text);
  // The Dockerfile is last, so a cut archive has none.
  const order = ['context', ...Object.keys(files).filter((name) => !name.startsWith('context/'))];
  const packed = await run('tar', ['-czf', '-', ...order], { env, cwd: dir });
  expect(packed.code).toBe(0);
  return packed.stdout;
}

async function manifest(reference: string) {
  const [name, digest] = reference.split('@');
  const tag = digest ?? name!.slice(name!.lastIndexOf(':') + 1);
  const path = name!.replace(`${lab.registry}/`, '').replace(/:[^:]+$/, '');
  const response = await fetch(`http://${lab.registry}/v2/${path}/manifests/${tag}`, {
    headers: {
      accept: 'application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json',
    },
  });
  return {
    status: response.status,
    digest: response.headers.get('docker-content-digest'),
    content: (await response.json()) as { mediaType: string; annotations?: Record<string, string> },
  };
}

const DOCKERFILE = [
  `FROM ${base} AS files`,
  'ARG WHO=nobody',
  'COPY . /files',
  'RUN echo "for $WHO"; ls -A /files; cat /files/own.txt',
  `FROM ${base}`,
  'COPY --from=files --chown=1000:1000 /files /files',
  'USER 1000',
  'RUN id -u; echo loud >&2',
].join('\n');

test('builds a context from standard input, pushes it to all destinations as one manifest, and writes the digest file', async () => {
  const digestFolder = await mkdtemp(join(work, 'digest-'));
  const context = await pack({
    'context/own.txt': 'own\n',
    'context/left.txt': 'left\n',
    'context/.dockerignore': 'own.txt\n',
    'Dockerfile.dockerignore': '',
    Dockerfile: DOCKERFILE,
  });
  const args = [
    ...[`--destination=${repository}/one:a`, `--destination=${repository}/two:b`, '--digest-file=/out/digest'],
    ...['--build-arg=WHO=you', '--label=shop=open', '--annotation=kept=yes', '--image-format=oci'],
  ];
  const built = await kaniko(args, context, ['--volume', `${digestFolder}:/out`]);

  expect(built).toMatchObject({ code: 0, failure: undefined });
  // An empty ignore file next to the Dockerfile prevents the ignore file of the context from being applied again.
  expect(built.output.trim().split('\n')).toEqual(['for you', '.dockerignore', 'left.txt', 'own.txt', 'own', '1000']);
  const { messages } = built;
  for (const said of ['COPY . /files', `RUN echo "for $WHO"; ls -A /files; cat /files/own.txt`]) {
    expect(messages).toContain(said);
  }
  const one = await manifest(`${repository}/one:a`);
  expect(one.content).toMatchObject({
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    annotations: { kept: 'yes' },
  });
  expect((await manifest(`${repository}/two:b`)).digest).toBe(one.digest);
  expect(messages.at(-1)).toBe(`Pushed ${repository}/two@${one.digest}`);
  const digest = await run('cat', [join(digestFolder, 'digest')], { env });
  expect(digest.stdout.toString()).toBe(one.digest);
}, 60_000);

test('pushes layers to the cache repository during the build, and a second build reuses them', async () => {
  const context = await pack({
    Dockerfile: `FROM ${base}\nRUN echo made > /made\nRUN sleep 1; echo more > /more`,
  });
  const args = ['--cache=true', `--cache-repo=${repository}/cache`, '--image-format=oci'];
  const first = await kaniko([...args, `--destination=${repository}/cached:1`], context);
  const second = await kaniko([...args, `--destination=${repository}/cached:2`], context);
  const hit = 'Using caching version of cmd: RUN echo made > /made';

  expect([first.code, second.code]).toEqual([0, 0]);
  expect(first.messages).not.toContain(hit);
  expect(second.messages).toContain(hit);
  // The layer is pushed in the background, so before or after the message of the next step.
  const places = [
    'RUN echo made > /made',
    `Pushing image to ${repository}/cache:`,
    `Pushing image to ${repository}/cached:1`,
  ];
  const order = places.map((text) => first.messages.findIndex((message) => message.startsWith(text)));
  expect(order.every((place) => place > -1)).toBe(true);
  expect(order).toEqual([...order].sort((a, b) => a - b));
}, 60_000);

test('builds nothing from an incomplete or uncompressed archive', async () => {
  const files = { 'context/a': 'x'.repeat(2000), 'context/b': String(Math.random()) };
  const whole = await pack({ ...files, 'Dockerfile.dockerignore': '', Dockerfile: `FROM ${base}\nCOPY . /` });
  const archive = gunzipSync(whole);
  const withoutDockerfile = gzipSync(archive.subarray(0, archive.indexOf('Dockerfile\0')));
  const cuts: [Uint8Array, string][] = [
    [whole.subarray(0, whole.length >> 1), 'error resolving source context: unexpected EOF'],
    [archive, 'error resolving source context: gzip: invalid header'],
    [
      withoutDockerfile,
      'error resolving dockerfile path: please provide a valid path to a Dockerfile within the build context with --dockerfile',
    ],
  ];
  const ended = await Promise.all(cuts.map(([bytes]) => kaniko(['--no-push'], bytes)));

  expect(ended.map(({ code, failure }) => [code, failure])).toEqual(cuts.map(([, text]) => [1, `Error: ${text}`]));
}, 60_000);

test('fails with the exit code and last message of Kaniko', async () => {
  const cases: [dockerfile: string, args: string[], code: number, failure: string][] = [
    [
      `FROM ${base}\nRUN echo no >&2; exit 7`,
      [],
      7,
      'error building image: error building stage: failed to execute command: waiting for process to exit: exit status 7',
    ],
    [`FROM ${base}`, ['--timestamp'], 1, 'Error: unknown flag: --timestamp'],
    [
      `FROM ${base}`,
      ['--secret=id=key,src=/none'],
      1,
      'Error: error resolving secrets: copying secret /none: stat /none: no such file or directory',
    ],
  ];
  for (const [Dockerfile, args, code, failure] of cases) {
    const ended = await kaniko([`--destination=${repository}/failed:1`, ...args], await pack({ Dockerfile }));
    expect(ended).toMatchObject({ code, failure });
  }
  expect((await manifest(`${repository}/failed:1`)).status).toBe(404);
}, 60_000);

test('provides a build secret only to the step that mounts it', async () => {
  const secret = join(work, 'key');
  await writeFile(secret, 'open-sesame');
  const dockerfile = [
    `FROM ${base}`,
    'RUN --mount=type=secret,id=key test "$(cat /run/secrets/key)" = open-sesame && echo read',
    'RUN test ! -e /run/secrets/key && echo gone',
  ].join('\n');
  const args = ['--no-push', '--secret=id=key,type=file,src=/build-secrets/key'];
  const built = await kaniko(args, await pack({ Dockerfile: dockerfile }), [
    ...['--volume', `${secret}:/build-secrets/key:ro`],
  ]);

  expect(built).toMatchObject({ code: 0, output: 'read\ngone\n' });
  expect(built.messages.at(-1)).toBe('Skipping push to container registry due to --no-push flag');
}, 60_000);

test('the plain image has no shell; in the debug image, /busybox/sh can run several builds', async () => {
  const shell = await run('docker', [...CONTAINER, '--entrypoint', 'sh', executor, '-c', 'true'], { env });
  expect(shell.code).toBe(127);

  const script = [
    'set -u',
    'build() { /kaniko/executor --force --cleanup --context=/workspace/c --no-push --log-format=json 2>/dev/null; echo "code $?"; }',
    'mkdir /workspace/c',
    `printf 'FROM ${base}\\nRUN exit 3\\n' > /workspace/c/Dockerfile; build`,
    `printf 'FROM ${base}\\nRUN echo fine\\n' > /workspace/c/Dockerfile; build`,
    // A script with `#!/bin/sh` would need it.
    'test -e /bin/sh || echo "no /bin/sh"',
  ].join('\n');
  const runner = ['--tmpfs', '/workspace', '--entrypoint', '/busybox/sh', debug, '-c', script];
  const { stdout } = await run('docker', [...CONTAINER, ...runner], { env });

  expect(stdout.toString().trim().split('\n')).toEqual(['code 3', 'fine', 'code 0', 'no /bin/sh']);
}, 60_000);
