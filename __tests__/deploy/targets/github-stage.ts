import { jest } from '@jest/globals';
import { createStage, type Stage } from '../stage.js';

export let stage: Stage;

/** Each test of the file has a GitHub of its own, and meets every fault that it asks for. */
export function onGitHub(): void {
  jest.setTimeout(60_000);
  beforeEach(async () => {
    stage = await createStage('the GitHub API');
  });
  afterEach(async () => {
    expect(stage.github.faults.pending()).toEqual([]);
    await stage.close();
  });
}
