import { text } from 'node:stream/consumers';
import { restoreCache, saveCache } from '@actions/cache';
import type { CacheAnswer, CacheRequest } from './builders/buildx/cache/service.js';

/**
 * One question to the Actions cache, on stdin; the answer is the last line of stdout. It is a separate program,
 * which the Action starts when it is needed: GitHub's client can't be cancelled, takes service, token and paths from the
 * environment, and tells the job's log instead of its caller what has failed.
 */
async function ask(question: CacheRequest): Promise<CacheAnswer> {
  const paths = [question.file];
  if (question.type === 'save') return { id: await saveCache(paths, question.key) };
  const { key, prefixes, lookupOnly } = question;
  return { key: await restoreCache(paths, key, [...prefixes], { lookupOnly }) };
}

const answer = await ask(JSON.parse(await text(process.stdin)) as CacheRequest);
process.stdout.write(`\n${JSON.stringify(answer)}\n`);
// A connection that is kept open must not keep the Action waiting.
process.exit();
