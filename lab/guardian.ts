import { removeAbandonedLabs, removeLabDirectory, signLabDirectory } from './lab-directory.js';

/**
 * Removes a lab's folder, and what it names outside, when whoever started the lab has ended: the pipe on standard
 * input then closes. Ends only after that.
 */
async function main(dir: string): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
  const gone = new Promise((resolve) => process.stdin.on('end', resolve).on('error', resolve).resume());
  await signLabDirectory(dir);
  await removeAbandonedLabs();
  await gone;
  await removeLabDirectory(dir);
}

await main(process.argv[2]!);
