import { parseDockerfile } from '../../src/dockerfile/parse.js';
import { useOf } from '../../src/dockerfile/use.js';

interface Accepted {
  text: string;
  /** The stages that the target `t` uses. */
  stages: number[];
  args?: Record<string, string>;
}

/** Each builds only if it is parsed like this: no image can be pulled, and all copied files must exist. */
export const ACCEPTED: Record<string, Accepted> = {
  'here-documents': {
    text: 'FROM scratch\nRUN <<E 3<<"F"\nFROM no/image\nE\nCOPY no /\nF\nFROM scratch AS t\nCOPY <<A <<-B /\nB\nA\n\tB\n',
    stages: [1],
  },
  'text that only looks like a here-document': {
    text: 'FROM scratch AS s\nRUN ["cat <<E"]\nRUN "<<E"\nRUN echo $((1<<2)) a<<E\nRUN cat <<<E\nUSER <<E\nFROM scratch AS t\nUSER u',
    stages: [1],
  },
  'a here-document under ONBUILD, after a continuation line': {
    text: 'FROM scratch AS s\nONBUILD COPY \\\n <<E /y\nCOPY no /\nE\nFROM scratch AS t\n',
    stages: [1],
  },
  'another escape character': {
    text: '# escape=`\r\nFROM scratch AS t\r\nENV A=`\r\nb\r\nCOPY it `\r\n  # comment\r\n\r\n /y\\\r\n',
    stages: [0],
  },
  'comments and blank lines within an instruction at the end of the file': {
    text: '\uFEFF# c\n\n  from scratch as T\n copy it \\\n  # c\n\n\n /y \\\n',
    stages: [0],
  },
  'arguments before the first FROM': {
    text: 'ARG A=on\nARG B=${A}e\nARG C\nFROM scratch AS one\nFROM ${C:-$B}${D} AS two\nFROM ${A:+two} AS t\n',
    stages: [0, 1, 2],
  },
  'given build arguments': {
    text: 'ARG A=no\nFROM scratch AS one\nFROM $A AS t\nARG A\nARG P=no\nARG Q=\nCOPY $P "$A"/.. /y/\nCOPY ${A#one}$Q /z/',
    args: { A: 'one', P: 'src', Q: 'it' },
    stages: [0, 1],
  },
  'variables in stages': {
    text: 'FROM scratch AS s\nARG V=20-alpine\nENV A=src B=$A\nENV A=it B=$A\nENV OLD b c\nFROM s AS t\nCOPY ${V%-alpine} $A $B/x "$OLD" /y/\n',
    stages: [0, 1],
  },
  'predefined arguments': {
    text: 'FROM scratch AS linux\nFROM ${TARGETOS} AS t\nARG TARGETOS\nARG TARGETARCH=arm\nCOPY ${TARGETARCH}-64 ${TARGETVARIANT:-src} ${TARGETOS:+it} /y/\n',
    args: { TARGETARCH: 'arm' },
    stages: [0, 1],
  },
  'stages by number, by name in any case, and two stages with the same name': {
    text: 'FROM scratch AS a\nCOPY it /1\nFROM scratch AS a\nCOPY it /2\nFROM scratch AS t\nCOPY --from=0 /1 /y/\nCOPY --from=A /2 /y/\n',
    stages: [0, 1, 2],
  },
  'ONBUILD of a stage, which applies once': {
    text: 'FROM scratch AS a\nONBUILD COPY --from=0 /i /o\nCOPY it /i\nFROM a AS b\nFROM b AS t\nCOPY --from=b /o /o\n',
    stages: [0, 1, 2],
  },
  'unusual forms of instructions': {
    text: 'FROM scratch AS t\nMAINTAINER a b\nCMD [\'a\']\nENV "a b"=c d=e\\ f\nLABEL a b c\nCOPY --chown="0":0 -- it /w\nCOPY ["b c", "/y/"]\nHEALTHCHECK  CMD ["x"]\nCOPY b* src/../i? [it]? /y/\n',
    stages: [0],
  },
};

/** What a build of this target with these arguments uses of the Dockerfile. */
export function read(text: string, target: string | undefined, args: Record<string, string> = {}) {
  const parsed = parseDockerfile(text);
  if ('unreadable' in parsed) return parsed;
  const use = useOf(
    parsed,
    { args, platforms: ['linux/amd64'], contexts: {}, ...(target !== undefined && { target }) },
    {},
  );
  return 'unreadable' in use ? use : { ...use, doubts: parsed.doubts };
}
