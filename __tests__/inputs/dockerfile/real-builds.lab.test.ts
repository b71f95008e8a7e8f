/** @programs docker */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labFromEnvironment } from '../../../lab/shared-lab.js';
import { parseDockerfile } from '../../../src/inputs/dockerfile/parse.js';
import { useOf } from '../../../src/inputs/dockerfile/use.js';
import { run } from '../../../src/lib/process.js';

const CONTEXT = ['src/x', 'arm-64/x', 'it', 'b c', '20'];

interface Accepted {
  text: string;
  /** Of the target `t`. */
  stages: number[];
  args?: Record<string, string>;
}

/** Each can be built only if it is read so: no image is to be had, and what is copied has to be there. */
const ACCEPTED: Record<string, Accepted> = {
  'here-documents end where they do': {
    text: 'FROM scratch\nRUN <<E 3<<"F"\nFROM no/image\nE\nCOPY no /\nF\nFROM scratch AS t\nCOPY <<A <<-B /\nB\nA\n\tB\n',
    stages: [1],
  },
  'none in the JSON form, in quotes, in a word, in a here-string': {
    text: 'FROM scratch AS s\nRUN ["cat <<E"]\nRUN "<<E"\nRUN echo $((1<<2)) a<<E\nRUN cat <<<E\nUSER <<E\nFROM scratch AS t\nUSER u',
    stages: [1],
  },
  'below ONBUILD, after a continuation': {
    text: 'FROM scratch AS s\nONBUILD COPY \\\n <<E /y\nCOPY no /\nE\nFROM scratch AS t\n',
    stages: [1],
  },
  'another escape character': {
    text: '# escape=`\r\nFROM scratch AS t\r\nENV A=`\r\nb\r\nCOPY it `\r\n  # comment\r\n\r\n /y\\\r\n',
    stages: [0],
  },
  'comments and blank lines within an instruction, at the end of the file': {
    text: '\uFEFF# c\n\n  from scratch as T\n copy it \\\n  # c\n\n\n /y \\\n',
    stages: [0],
  },
  'arguments before the first FROM': {
    text: 'ARG A=on\nARG B=${A}e\nARG C\nFROM scratch AS one\nFROM ${C:-$B}${D} AS two\nFROM ${A:+two} AS t\n',
    stages: [0, 1, 2],
  },
  'arguments as given': {
    text: 'ARG A=no\nFROM scratch AS one\nFROM $A AS t\nARG A\nARG P=no\nARG Q=\nCOPY $P "$A"/.. /y/\nCOPY ${A#one}$Q /z/',
    args: { A: 'one', P: 'src', Q: 'it' },
    stages: [0, 1],
  },
  'variables of stages': {
    text: 'FROM scratch AS s\nARG V=20-alpine\nENV A=src B=$A\nENV A=it B=$A\nENV OLD b c\nFROM s AS t\nCOPY ${V%-alpine} $A $B/x "$OLD" /y/\n',
    stages: [0, 1],
  },
  'predefined arguments': {
    text: 'FROM scratch AS linux\nFROM ${TARGETOS} AS t\nARG TARGETOS\nARG TARGETARCH=arm\nCOPY ${TARGETARCH}-64 ${TARGETVARIANT:-src} ${TARGETOS:+it} /y/\n',
    args: { TARGETARCH: 'arm' },
    stages: [0, 1],
  },
  'stages by number and by name, whatever its case, and of two of a name the last one': {
    text: 'FROM scratch AS a\nCOPY it /1\nFROM scratch AS a\nCOPY it /2\nFROM scratch AS t\nCOPY --from=0 /1 /y/\nCOPY --from=A /2 /y/\n',
    stages: [0, 1, 2],
  },
  'ONBUILD of a stage, once': {
    text: 'FROM scratch AS a\nONBUILD COPY --from=0 /i /o\nCOPY it /i\nFROM a AS b\nFROM b AS t\nCOPY --from=b /o /o\n',
    stages: [0, 1, 2],
  },
  'odd forms': {
    text: 'FROM scratch AS t\nMAINTAINER a b\nCMD [\'a\']\nENV "a b"=c d=e\\ f\nLABEL a b c\nCOPY --chown="0":0 -- it /w\nCOPY ["b c", "/y/"]\nHEALTHCHECK  CMD ["x"]\nCOPY b* src/../i? [it]? /y/\n',
    stages: [0],
  },
};

const REFUSED = [
  'FROM scratch\nFORM x',
  'ENV A=b\nFROM scratch',
  'FROM scratch AS 1t',
  'FROM scratch\nCOPY it',
  'FROM scratch\nCMD ["a", 1]',
  'FROM scratch\nCOPY it <<E\nE',
  'FROM scratch\nRUN <<E\nx',
  'FROM scratch\nCOPY --link=maybe it /y',
  'FROM scratch\nHEALTHCHECK NONE x',
  '# escape=x\nFROM scratch',
  'FROM scratch AS a\nARG F=a\nFROM scratch\nCOPY --from=$F it /y',
  'FROM scratch\nCOPY --from=0 it /y',
  'FROM scratch\nCOPY https://127.0.0.1:9/it /y',
  'ARG A\nFROM ${A:?}',
];

const slug = (index: number) => `t${index}`;
const names = Object.keys(ACCEPTED);

let root: string;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  env = { ...process.env, DOCKER_HOST: labFromEnvironment().dockerHost };
  root = await mkdtemp(join(tmpdir(), 'dockerfile-builds-'));
  for (const path of CONTEXT) {
    await mkdir(join(root, 'context', path, '..'), { recursive: true });
    await writeFile(join(root, 'context', path), path);
  }
});
afterAll(() => rm(root, { recursive: true, force: true }));

function read(text: string, target: string | undefined, args: Record<string, string> = {}) {
  const parsed = parseDockerfile(text);
  if ('unreadable' in parsed) return parsed;
  const use = useOf(
    parsed,
    { args, platforms: ['linux/amd64'], contexts: {}, ...(target !== undefined && { target }) },
    {},
  );
  return 'unreadable' in use ? use : { ...use, doubts: parsed.doubts };
}

test('what is read here without a doubt, BuildKit builds', async () => {
  const target: Record<string, unknown> = {};
  for (const [index, name] of names.entries()) {
    const { text, args = {} } = ACCEPTED[name]!;
    const dockerfile = join(root, slug(index));
    await writeFile(dockerfile, text);
    target[slug(index)] = { context: 'context', dockerfile, target: 't', args, output: ['type=cacheonly'] };
  }
  const { code, stderr } = await run('docker', ['buildx', 'bake', '-f', '-'], {
    env,
    cwd: root,
    input: JSON.stringify({ group: { default: { targets: Object.keys(target) } }, target }),
  });
  expect({ code, stderr: code === 0 ? '' : stderr.toString().slice(-2000) }).toEqual({ code: 0, stderr: '' });
}, 60_000);

test.each(names)('and its stages are known: %s', (name) => {
  const { text, stages, args } = ACCEPTED[name]!;
  expect(read(text, 't', args)).toMatchObject({ stages, images: [], doubts: [], unpinned: [] });
});

test('what is unreadable here, BuildKit refuses', async () => {
  const outcomes = await Promise.all(
    REFUSED.map(async (text, index) => {
      const file = join(root, `refused-${index}`);
      await writeFile(file, text);
      const args = ['buildx', 'build', '--output', 'type=cacheonly', '-f', file, 'context'];
      const { code, stderr } = await run('docker', args, { env, cwd: root });
      const isRefused = code !== 0 && !/pull access denied|failed to do request/.test(stderr.toString());
      return { text, isRefused, unreadable: 'unreadable' in read(text, undefined) };
    }),
  );
  expect(outcomes).toEqual(REFUSED.map((text) => ({ text, isRefused: true, unreadable: true })));
}, 60_000);
