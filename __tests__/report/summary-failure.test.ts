import { releasedReport } from './sample.js';
import { summarize } from './summary-text.js';

describe('the summary of a failure', () => {
  const summary = summarize({
    ...releasedReport(),
    outcome: {
      status: 'failed',
      stage: 'build',
      problems: [
        {
          code: 'build/step-failed',
          severity: 'error',
          message: 'RUN <script> | exit 1 failed',
          fix: 'Read the output.',
          place: { file: 'web/Dockerfile', line: 7 },
          image: 'web',
          detail: '>>> RUN exit 1\n```\nnot the end\n',
        },
      ],
    },
    build: undefined,
    published: [],
    deployments: [],
  });

  test('lesson 13: a failed build has no green line and no empty cells', () => {
    expect(summary.split('\n')[0]).toBe('## The build failed. No tag was moved, and the deployment did not change.');
    expect(summary).toContain('❌ failed');
    expect(summary).not.toContain('✅');
    expect(summary).not.toMatch(/\|[ \t]*\|/);
  });

  test('names place, fix and code, and shows the detail in a block that its text cannot close', () => {
    expect(summary).toContain('> **RUN &lt;script> | exit 1 failed**<br>[`web/Dockerfile:7`]');
    expect(summary).toContain(
      '(https://github.com/acme/shop/blob/1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d/web/Dockerfile#L7)',
    );
    expect(summary).toMatch(/> Read the output. <sub>\[build\/step-failed\]\(https:.*#buildstep-failed\)<\/sub>/);
    expect(summary).toContain('````text\n>>> RUN exit 1\n```\nnot the end\n````');
  });
});
