import { movingTagsOf } from '../../src/plan/tags.js';
import type { Source } from '../../src/facts/source.js';
import { pushOf, sourceOf } from '../fixtures/github-events.js';
import { plan } from './planned-tags.js';

describe('what orders a moving tag', () => {
  const ordersOf = (source: Source, rules?: string[], flavor?: string[]) =>
    movingTagsOf(plan(source, rules, flavor).tags);

  const none = ['latest=false'];
  test.each<[string, Record<string, string>, string[], string[]]>([
    ['v1.2.3', { '1.2': 'version', '1': 'version' }, [], []],
    ['v1.2.3', { '1.2': 'version', '1': 'version', latest: 'version' }, [], ['latest=auto']],
    [
      'v1.2.3',
      { '1': 'version', stable: 'commit' },
      ['type=semver,pattern={{major}}', 'type=raw,value=stable'],
      none,
    ],
    ['app-1.2', { '1': 'version' }, ['type=match,pattern=app-(\\d),group=1'], none],
  ])('git tag %s: %j', (tag, expected, rules, flavor) => {
    expect(ordersOf(pushOf(`refs/tags/${tag}`), rules, flavor)).toEqual(expected);
  });

  test('a branch orders by commit', () => {
    expect(ordersOf(sourceOf('push-branch'))).toEqual({ latest: 'commit' });
  });
});
