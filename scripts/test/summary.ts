import { relative } from 'node:path';
import { isFailed, type TestFile } from './vitest.js';

/** Tests by outcome; a file that could not be loaded counts as one that failed. */
export function countTests(files: readonly TestFile[]): { passed: number; failed: number; skipped: number } {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const file of files) {
    if (isFailed(file) && file.assertionResults.length === 0) counts.failed++;
    for (const { status } of file.assertionResults) {
      counts[status === 'passed' || status === 'failed' ? status : 'skipped']++;
    }
  }
  return counts;
}

/** A line per group of skipped tests. The title of the group says why. */
export function skippedTests(files: readonly TestFile[], root: string): string[] {
  const groups = new Map<string, number>();
  for (const file of files) {
    for (const { status, ancestorTitles } of file.assertionResults) {
      if (status === 'passed' || status === 'failed') continue;
      const group = `${relative(root, file.name)}: ${ancestorTitles[0] ?? 'no reason given'}`;
      groups.set(group, (groups.get(group) ?? 0) + 1);
    }
  }
  return [...groups].map(([group, count]) => `Skipped ${count} in ${group}`);
}

/** Files that take long stay visible, and with them what to look at when the whole takes too long. */
export function slowest(files: readonly TestFile[], count: number, root: string): string {
  const seconds = ({ startTime, endTime }: TestFile) => (endTime - startTime) / 1000;
  const lines = [...files]
    .sort((a, b) => seconds(b) - seconds(a))
    .slice(0, count)
    .map((file) => `${seconds(file).toFixed(0).padStart(5)} s  ${relative(root, file.name)}`);
  return `The slowest files:\n${lines.join('\n')}`;
}
