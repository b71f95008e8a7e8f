import { chooseBuilder } from '../../src/builders/builder-choice.js';
import {
  docker,
  DOWN,
  HOST,
  LOGGED_IN,
  NESTED,
  NOTHING,
  question,
  RELEASE_WORKFLOW,
  SERVER,
} from './choice-samples.js';

describe('where nothing can build', () => {
  test('one error lists each builder with its reason and fix', () => {
    const verdict = chooseBuilder(question({ ...NOTHING, docker: docker(SERVER), storage: NESTED }));
    if (verdict.status !== 'impossible') throw new Error(verdict.status);
    expect(verdict.problems).toHaveLength(1);
    const [{ code, detail }] = verdict.problems;
    expect(code).toBe('build/no-builder');
    expect(
      detail!
        .split('\n')
        .slice(1)
        .map((line) => line.trim().split(':')[0]),
    ).toEqual(['buildx', 'remote', 'kubernetes', 'kaniko', 'dispatch']);
    expect(detail).toMatch(/overlayfs.*volume/);
    expect(detail).toMatch(/BUILDKIT_HOST is not set.*Set BUILDKIT_HOST/);
    expect(detail).toMatch(/kubectl is not on PATH.*Install kubectl/);
  });

  test('a host is told of Docker first', () => {
    expect(chooseBuilder(question({ ...NOTHING, machine: HOST, docker: docker(DOWN) }))).toMatchObject({
      status: 'impossible',
      problems: [
        { code: 'build/daemon-unreachable', detail: expect.stringMatching(/Nor is there.*\n  remote: /) },
      ],
    });
  });

  test.each([
    [{ repository: 'acme/app', gh: 'logged-out' } as const, [], 'dispatch/no-token'],
    [{ gh: 'missing' } as const, [], 'dispatch/no-repository'],
    [LOGGED_IN, ['api/words', 'web/words'], 'dispatch/uncommitted-changes'],
  ])('the workflow is not started with %j and %j', (forge, uncommitted, code) => {
    const choice = { type: 'listed' as const, settings: [{ type: 'dispatch' as const }] };
    const asked = question({ ...NOTHING, forge }, { choice, uncommitted, workflows: [RELEASE_WORKFLOW] });
    expect(chooseBuilder(asked)).toMatchObject({ status: 'impossible', problems: [{ code }] });
  });
});
