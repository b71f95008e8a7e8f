import { ERROR, explain, failed } from './fixtures/failed-build.js';

const RULE = '--------------------';

const EXCERPT = ['Dockerfile:3', RULE, '   2 |     # note', '   3 | >>> RUN false', '   4 |     ', RULE];

test('gives the failed image the place, the excerpt and the last output', () => {
  const step = failed('[2/2] RUN false', ERROR, ['one', 'two'], 'web');
  const problems = explain({ failed: [step], text: [...EXCERPT, `ERROR: failed to solve: ${ERROR}`] }, ['api', 'web']);
  expect(problems).toEqual([
    expect.objectContaining({
      image: 'web',
      place: { file: 'web/Dockerfile', line: 3 },
      detail: ['   2 |     # note', '   3 | >>> RUN false', '   4 |', 'Its last output:', '  one', '  two'].join('\n'),
    }),
  ]);
});

test('gives the first and the last line of a multi-line instruction', () => {
  const excerpt = ['Dockerfile:3', RULE, '   3 | >>> RUN false \\', '   4 | >>>   && true', '   5 |     ', RULE];
  const text = [...excerpt, `ERROR: failed to solve: ${ERROR}`];
  const [problem] = explain({ failed: [failed('[2/2] RUN false   && true', ERROR)], text });
  expect(problem.place).toEqual({ file: 'api/Dockerfile', line: 3, endLine: 4 });
});

test('gives a place only to the image that BuildKit quotes if two images fail', () => {
  const other = 'process "/bin/sh -c exit 9" did not complete successfully: exit code: 9';
  const steps = [failed('[2/2] RUN exit 9', other), failed('[2/2] RUN false', ERROR, [], 'web')];
  const text = [...EXCERPT, `ERROR: target web: failed to solve: ${ERROR}`];
  const [api, web] = explain({ failed: steps, text }, ['api', 'web']);
  expect(api).toMatchObject({ image: 'api' });
  expect(api.place).toBeUndefined();
  expect(web).toMatchObject({ image: 'web', place: { file: 'web/Dockerfile', line: 3 } });
});

describe('an invalid Dockerfile among several', () => {
  const error = 'failed to solve: dockerfile parse error on line 3: unknown instruction: COPPY';
  const text = ['Dockerfile:3', RULE, '   3 | >>> COPPY a b', RULE];

  test('is found by the target that newer versions name', () => {
    const [problem] = explain({ text: [...text, `ERROR: target web: ${error}`] }, ['api', 'web']);
    expect(problem).toMatchObject({ image: 'web', place: { file: 'web/Dockerfile', line: 3 } });
  });

  test('is found by the quoted line', () => {
    const dockerfiles = { api: 'FROM a\n\nCOPY a b\n', web: 'FROM a\n\nCOPPY a b\n' };
    const [problem] = explain({ text: [...text, `ERROR: ${error}`] }, ['api', 'web'], { dockerfiles });
    expect(problem).toMatchObject({ image: 'web', place: { file: 'web/Dockerfile', line: 3 } });
  });

  test('is reported without the text of its line', () => {
    const [problem] = explain({ text: [...text, `ERROR: target web: ${error}`] }, ['api', 'web']);
    expect(problem.message).toContain('unknown instruction.');
    expect(JSON.stringify(problem)).not.toContain('COPPY');
  });

  test('is reported without an image if the quoted line is in several Dockerfiles', () => {
    const same = 'FROM a\n\nCOPPY a b\n';
    const [problem] = explain({ text: [...text, `ERROR: ${error}`] }, ['api', 'web'], {
      dockerfiles: { api: same, web: same },
    });
    expect(problem.image).toBeUndefined();
  });
});
