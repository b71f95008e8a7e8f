import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeHistory } from '../../testing/history.js';
import { CLI } from './bundle.js';
import { execute } from './compare.js';
import { note } from './report.js';

const KEYS = ['api', 'web'] as const;

/** Goes through 500 commits of a made-up history with `plan --json --offline`, as a run for each push would. */
export function benchHistory(): void {
  const dir = mkdtempSync(join(tmpdir(), 'bench-history-'));
  try {
    const folder = join(dir, 'app');
    const commits = writeHistory(folder, { commits: 500, seed: 1 });
    const run = { cwd: folder, env: { ...process.env, GITHUB_TOKEN: '', GH_TOKEN: '' } };
    const published = new Map<string, string>();
    let builds = 0;
    let wrong = 0;
    for (const { id, content } of commits) {
      execute('git', ['checkout', '--quiet', id], run);
      const plan = JSON.parse(execute(process.execPath, [CLI, 'plan', '--json', '--offline'], run)) as {
        images: Record<string, { fingerprint?: string }>;
      };
      for (const key of KEYS) {
        const fingerprint = `${key} ${plan.images[key]?.fingerprint}`;
        const known = published.get(fingerprint);
        if (known === undefined) builds += 1;
        else if (known !== content[key]) wrong += 1;
        published.set(fingerprint, content[key]);
      }
    }
    if (wrong > 0) throw new Error(`${wrong} images would have been skipped although their inputs had changed.`);
    const different = KEYS.reduce((sum, key) => sum + new Set(commits.map(({ content }) => content[key])).size, 0);
    note({
      claim: 'Builds of two images over 500 commits, against both at each push',
      result: `${builds} instead of ${2 * commits.length}; the least possible is ${different}; none was skipped wrongly`,
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
