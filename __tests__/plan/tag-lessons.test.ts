import type { Source } from '../../src/facts/source.js';
import { COMMIT, EVENT_NAMES, sourceOf, type EventName } from '../fixtures/github-events.js';
import { plan, TAG, tagsOf } from './planned-tags.js';

describe('lessons of the field', () => {
  const rules = ['type=sha,prefix={{branch}}-', 'type=raw,value=latest,enable={{is_default_branch}}'];

  test.each(EVENT_NAMES)(
    'lesson 1: for %s the deployed tag is one of the pushed tags, and only one is',
    (event) => {
      for (const configured of [[], rules, ['type=edge'], ['type=ref,event=branch', 'type=ref,event=pr']]) {
        const { tags, releaseTag } = plan(sourceOf(event), configured);
        expect(tags.filter(({ value }) => value === releaseTag)).toEqual([
          { value: releaseTag, moving: false },
        ]);
        expect(tags.every(({ value }) => TAG.test(value))).toBe(true);
      }
    },
  );

  test.each<[EventName, string]>([
    ['pull-request', 'sha-a9c8c58'],
    ['push-tag', 'sha-860c190'],
  ])(
    'lesson 6: a rule whose template is empty for %s is left out, and the release still has a tag',
    (event, tag) => {
      const { tags, leftOut, releaseTag } = plan(sourceOf(event), ['type=sha,prefix={{branch}}-']);
      expect(tags).toEqual([{ value: tag, moving: false }]);
      expect(releaseTag).toBe(tag);
      expect(leftOut).toEqual([
        { rule: 'type=sha,prefix={{branch}}-', reason: '{{branch}} is empty for this event' },
      ]);
    },
  );

  test('lesson 7: a release from a git tag has a deployable tag, which names the version', () => {
    const { releaseTag, tags } = plan(sourceOf('push-tag'), ['type=semver,pattern={{version}}', ...rules]);
    expect(releaseTag).toBe('1.2.3');
    expect(tags).toContainEqual({ value: '1.2.3', moving: false });
  });

  test('lesson 10: without an answer of the API nothing is missing but what only the payload knows', () => {
    const bare: Source = {
      ...{ commit: COMMIT, commitTime: 1, now: 2, event: { name: 'manual' } },
      ref: { type: 'branch', name: 'main' },
    };
    expect(tagsOf(bare, ['type=edge', 'type=edge,branch=main', ...rules])).toEqual(['main-860c190', '~edge']);
    expect(plan(bare, ['type=edge']).leftOut).toEqual([
      { rule: 'type=edge', reason: 'the default branch is not known; name it with branch=' },
    ]);
  });

  test.each<EventName>(['workflow-dispatch', 'schedule'])(
    'lesson 11: %s releases what a push of the same branch releases',
    (event) => {
      expect(tagsOf(sourceOf(event), rules)).toEqual(tagsOf(sourceOf('push-branch'), rules));
    },
  );
});
