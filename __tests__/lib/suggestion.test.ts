import { closest } from '../../src/lib/suggestion.js';

test.each([
  ['contxt', ['context', 'contexts', 'target'], 'context'],
  ['Dockerfile', ['dockerfile'], 'dockerfile'],
  ['no_cache', ['no-cache'], 'no-cache'],
  ['depoly', ['deploy', 'images'], 'deploy'],
  ['mode=max', ['auto', 'max', 'min'], 'max'],
  ['kustomization-file', ['kustomization', 'branch'], 'kustomization'],
  ['xyz', ['auto', 'gha'], undefined],
  ['on', ['off'], undefined],
  ['', ['auto'], undefined],
  ['x', [], undefined],
])('closest word to "%s" among %j: %s', (word, candidates, expected) => {
  expect(closest(word, candidates)).toBe(expected);
});
