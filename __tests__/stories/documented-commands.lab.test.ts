/** @programs docker kubectl kustomize */
import { RUN_HERE } from './documented-blocks.js';
import { openDocumentedProject, type DocumentedProject } from './documented-project.js';

let project: DocumentedProject;
beforeAll(async () => {
  project = await openDocumentedProject();
}, 120_000);
afterAll(() => project.close());

test.each(RUN_HERE)('commands in $place end as documented', async ({ commands, eachAlone, exitCode, isNewProject }) => {
  for (const lines of eachAlone ? commands.map((command) => [command]) : [commands]) {
    const { code, output } = await project.run(lines, { isNewProject });
    expect({ lines, code, output: code === exitCode ? '' : output }).toEqual({
      lines,
      code: exitCode,
      output: '',
    });
  }
});
