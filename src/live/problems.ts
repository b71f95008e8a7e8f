import { sentence } from '../kubernetes/kubectl-problems.js';
import { problem, type Problem } from '../lib/errors.js';
import type { LiveImage } from './outcome.js';

/** @param waited milliseconds after which waiting ended; undefined: nobody waits, so images may be on their way */
export function liveProblems(images: readonly LiveImage[], waited?: number): Problem[] {
  return images.flatMap(({ key, tag, channel, outcome }): Problem[] => {
    const name = `${key}${tag === undefined ? '' : ` ${tag}`}`;
    const where = `the channel ${channel}`;
    if (outcome.status === 'running') return [];
    const reason = sentence(outcome.reason);
    if (outcome.status === 'failed') {
      const detail = outcome.log?.join('\n');
      return [
        problem({
          code: 'live/failed',
          message: `${name} does not run in ${where}: ${reason}`,
          fix: `Correct the cause and release again, or roll back: \`image-release rollback ${key} --channel ${channel}\`.`,
          image: key,
          ...(detail && { detail }),
        }),
      ];
    }
    const mayCome = outcome.status === 'progressing' || outcome.open === true;
    if (mayCome && waited !== undefined)
      return [
        problem({
          code: 'live/timeout',
          message: `${name} did not run in ${where} within ${waited / 1000} s: ${reason}`,
          fix: `Look again with \`image-release status ${key} --live --channel ${channel}\`, or roll back: \`image-release rollback ${key} --channel ${channel}\`.`,
          image: key,
        }),
      ];
    if (outcome.status === 'progressing') return [];
    return [
      problem({
        code: 'live/unknown',
        message: `It is unknown whether ${name} runs in ${where}: ${reason}`,
        image: key,
      }),
    ];
  });
}
