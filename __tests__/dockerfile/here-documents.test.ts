import { parseDockerfile } from '../../src/dockerfile/parse.js';
import { outline, read } from './parsed.js';

const HEREDOCS: [string, string, string[]][] = [
  ['one', 'RUN <<E\nFROM x\nE\nRUN y', ['RUN 2-4', 'RUN 5-5']],
  ['several on one line', 'COPY <<A <<B /d/\nB\nA\nA\nB\nUSER u', ['COPY 2-6', 'USER 7-7']],
  ['a file descriptor', 'RUN 3<<E\nUSER x\nE', ['RUN 2-4']],
  ['quotes around the name', 'RUN <<"E"\nUSER x\nE', ['RUN 2-4']],
  ['tabs before the end marker, with a dash', 'RUN <<-E\n\tx\n\tE\nUSER u', ['RUN 2-4', 'USER 5-5']],
  ['no tabs before the end marker without a dash', 'RUN <<E\n\tE\nUSER x\nE', ['RUN 2-5']],
  ['CRLF', 'RUN <<E\r\nUSER x\r\nE\r\nUSER u\r\n', ['RUN 2-4', 'USER 5-5']],
  ['under ONBUILD', 'ONBUILD RUN <<E\nUSER x\nE', ['ONBUILD 2-4']],
  ['after a continuation line', 'RUN \\\n <<E \\\n cat\nUSER x\nE', ['RUN 2-6']],
  ['none in the JSON form', 'RUN ["cat <<E"]\nUSER u', ['RUN 2-2', 'USER 3-3']],
  ['none in a here-string', 'RUN cat <<<E\nUSER u', ['RUN 2-2', 'USER 3-3']],
  ['none in the middle of a word', 'RUN echo $((1<<2)) a<<E\nUSER u', ['RUN 2-2', 'USER 3-3']],
  ['none within quotes', 'RUN "<<E"\nUSER u', ['RUN 2-2', 'USER 3-3']],
  ['none in other instructions', 'USER <<E\nUSER u', ['USER 2-2', 'USER 3-3']],
];

test.each(HEREDOCS)('here-documents: %s', (_, text, lines) => {
  const dockerfile = read(`FROM a\n${text}`);
  expect({ lines: outline(`FROM a\n${text}`), doubts: dockerfile.doubts }).toEqual({ lines, doubts: [] });
});

test.each([
  ['a space before the name', 'RUN << E\nE'],
  ['a space in an expression', 'RUN echo $((1 << 2))'],
  ['a space in the name', "RUN <<'a b'\nx\na b"],
  ['a variable in the name', 'RUN <<$E\n$E'],
  ['a quote in the name', "RUN <<e'o'f\neof"],
  ['an unusual substitution', 'RUN <<E ${x[@]}\nE'],
  ['an unclosed quote', "RUN <<E echo it's\nE"],
])('reports that builders differ on here-documents with %s', (_, text) => {
  const dockerfile = parseDockerfile(`FROM a\n${text}`);
  if ('unreadable' in dockerfile) expect(dockerfile.unreadable).toMatch(/line 2: builders differ/);
  else expect(dockerfile.doubts).toMatchObject([{ line: 2 }]);
});
