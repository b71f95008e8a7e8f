import { pushOf, sourceOf } from '../fixtures/github-events.js';
import { plan, TAG, tagsOf } from './planned-tags.js';

describe('names that registries would refuse', () => {
  const long = `feature/${'a-very-long-name/'.repeat(12)}end`;

  test.each([
    'type=sha,prefix={{branch}}-',
    'type=raw,value={{branch}}-{{sha}}-{{branch}}',
    'type=raw,value=x,prefix={{branch}}-,suffix=-{{sha}}',
  ])('a long branch is shortened, and the sha stays: %s', (rule) => {
    const { releaseTag, leftOut } = plan(pushOf(`refs/heads/${long}`), [rule]);
    expect(releaseTag).toMatch(TAG);
    expect(releaseTag).toContain('860c190');
    expect(releaseTag).toMatch(/^feature-a-very-long-name-/);
    expect(leftOut).toEqual([]);
  });

  test('two long branches with the same beginning keep different tags', () => {
    const rules = ['type=ref,event=branch'];
    const one = tagsOf(pushOf(`refs/heads/${long}1`), rules)[1];
    const other = tagsOf(pushOf(`refs/heads/${long}2`), rules)[1];
    expect(one).toHaveLength(129); // `~` and 128 characters
    expect(one).not.toBe(other);
  });

  test.each<[string, string]>([
    ['#123-fix', '123-fix-860c190'],
    ['фича', '860c190'],
    ['a//b  c', 'a-b-c-860c190'],
    ['.x', 'x-860c190'],
  ])('branch %s gives %s', (branch, expected) => {
    expect(tagsOf(pushOf(`refs/heads/${branch}`), ['type=sha,prefix={{branch}}-'])).toEqual([expected]);
  });

  test('fixed text that is too long is an error with its place', () => {
    const { problems, releaseTag } = plan(sourceOf('push-branch'), ['type=edge', 'x'.repeat(129)]);
    expect(problems).toMatchObject([{ code: 'tags/invalid', place: { file: 'tags.1' } }]);
    expect(releaseTag).toBe('sha-860c190');
  });

  test('a value that a workflow expression left empty gives no tag', () => {
    const { leftOut, problems } = plan(sourceOf('push-branch'), ['type=raw,value=']);
    expect(problems).toEqual([]);
    expect(leftOut).toEqual([{ rule: 'type=raw,value=', reason: 'its value is empty' }]);
  });
});
