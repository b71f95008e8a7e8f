import { createDispatchFixture, type DispatchFixture } from '../builders/dispatch/fixtures.js';
import { followFixes } from './followed-fix.js';
import { dispatchFixes } from './followed/dispatch.js';
import { gitFixes, githubFixes, leaveStage } from './followed/remote.js';

describe('a deployment target', () => {
  afterEach(leaveStage);
  followFixes('deploy', [...gitFixes, ...githubFixes]);
});

describe('a dispatched workflow', () => {
  let fixture: DispatchFixture;
  beforeEach(async () => {
    fixture = await createDispatchFixture();
  });
  afterEach(async () => {
    expect(fixture.github.faults.pending()).toEqual([]);
    await fixture.stop();
  });

  /** Replaces ids that differ from run to run. */
  const steady = (text: string) =>
    text
      .replace(/request [0-9A-F]{32}/, 'request 1A2B')
      .replace(/runs\/\d+(?:\/job\/\d+)?/g, 'runs/4711')
      .replace(/\b[0-9a-f]{7}\b/g, '1a2b3c4');

  followFixes(
    'dispatch',
    dispatchFixes(() => fixture).map((fix) => ({ ...fix, steady })),
  );
});
