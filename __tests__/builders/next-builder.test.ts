import { chooseBuilder, tookOver, withoutFailed } from '../../src/builders/builder-choice.js';
import type { Problem } from '../../src/lib/errors.js';
import { CLUSTER, docker, DOWN, NOTHING, ON_DISK, question, SERVER } from './choice-samples.js';
import { chosen, ENDPOINT } from './choice-decisions.js';

describe('a builder that turns out to be unable to build', () => {
  const facts = { ...NOTHING, docker: docker(SERVER), storage: ON_DISK, endpoints: [ENDPOINT] };
  const nested: Problem = {
    code: 'build/nested-overlay',
    severity: 'error',
    message: "Image api: the builder's state lies on overlayfs.",
    fix: 'Use a volume.',
  };

  test('is followed by the next, each once', () => {
    const asked = question(facts);
    const first = chosen(chooseBuilder(asked));
    const second = withoutFailed(asked, first.id, [nested])!;
    const next = chosen(chooseBuilder(second));
    expect(next.builder.type).toBe('remote');
    expect(tookOver(nested, next)).toMatchObject({
      code: 'build/next-builder',
      severity: 'warning',
      message: expect.stringMatching(/overlayfs; building with the BuildKit at/),
    });
    expect(withoutFailed(second, first.id, [nested])).toBeUndefined();
    const last = withoutFailed(second, next.id, [{ ...nested, code: 'build/buildkit-unreachable' }])!;
    expect(chooseBuilder(last)).toMatchObject({
      status: 'impossible',
      problems: [{ code: 'build/no-builder' }],
    });
  });

  test('is named with its reason, whatever stood against others before', () => {
    const asked = question({ ...NOTHING, docker: docker(DOWN), endpoints: [], cluster: CLUSTER });
    const pods = chosen(chooseBuilder(asked));
    expect(pods).toMatchObject({ id: 'kubernetes', sentence: expect.stringContaining('Docker daemon') });
    const message = 'No node takes the pod image-release-1.';
    const unable: Problem = { ...nested, code: 'cluster/unschedulable', message };
    const next = chosen(chooseBuilder(withoutFailed(asked, pods.id, [unable])!));
    expect(tookOver(unable, next).message).toBe(
      'The builder that was chosen could not build. No node takes the pod image-release-1; building with Kaniko in the namespace builds.',
    );
  });

  test('is not blamed for what a Dockerfile does', () => {
    expect(
      withoutFailed(question(facts), 'buildx', [{ ...nested, code: 'build/step-failed' }]),
    ).toBeUndefined();
  });
});
