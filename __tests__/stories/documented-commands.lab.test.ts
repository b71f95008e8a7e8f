/** @programs docker kubectl kustomize */
import { jest } from '@jest/globals';
import { RUN_HERE } from './documented-blocks.js';
import { openDocumentedProject, type DocumentedProject, type Outcome } from './documented-project.js';

jest.setTimeout(60_000);

let project: DocumentedProject;
beforeAll(async () => {
  project = await openDocumentedProject();
}, 120_000);
afterAll(() => project.close());

/** The same words do the same on every page. */
const outcomes = new Map<string, Promise<Outcome>>();
function outcomeOf(script: string, isNewProject: boolean): Promise<Outcome> {
  const key = `${isNewProject}: ${script}`;
  const known = outcomes.get(key) ?? project.run(script, { isNewProject });
  outcomes.set(key, known);
  return known;
}

test.each(RUN_HERE)(
  'what $place tells to type works',
  async ({ commands, eachAlone, exitCode, isNewProject }) => {
    for (const script of eachAlone ? commands : [commands.join('\n')]) {
      const { code, output } = await outcomeOf(script, isNewProject);
      expect({ script, code, output: code === exitCode ? '' : output }).toEqual({
        script,
        code: exitCode,
        output: '',
      });
    }
  },
);
