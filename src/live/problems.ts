import { sentence } from '../kubernetes/kubectl-problems.js';
import { problem, type Problem, type ProblemDraft } from '../lib/errors.js';
import type { LiveImage } from './outcome.js';

/** @param waited milliseconds after which waiting ended; undefined: nobody waits, so images may be on their way */
export function liveProblems(images: readonly LiveImage[], waited?: number): Problem[] {
  return images.flatMap(({ key, tag, channel, outcome }): Problem[] => {
    if (outcome.status === 'running') return [];
    const name = `${key}${tag === undefined ? '' : ` ${tag}`}`;
    const where = `the channel ${channel}`;
    const reason = sentence(outcome.reason);
    const rollBack = `roll back: \`image-release rollback ${key} --channel ${channel}\`.`;
    const report = (draft: ProblemDraft) => [problem({ ...draft, image: key })];
    if (outcome.status === 'failed') {
      const message = `${name} does not run in ${where}: ${reason}`;
      const fix = `Correct the cause and release again, or ${rollBack}`;
      const detail = outcome.log?.join('\n');
      return report({ code: 'live/failed', message, fix, ...(detail && { detail }) });
    }
    const mayCome = outcome.status === 'progressing' || outcome.open === true;
    if (mayCome && waited !== undefined) {
      const message = `${name} did not run in ${where} within ${waited / 1000} s: ${reason}`;
      const fix = `Look again with \`image-release status ${key} --live --channel ${channel}\`, or ${rollBack}`;
      return report({ code: 'live/timeout', message, fix });
    }
    if (outcome.status === 'progressing') return [];
    return report({ code: 'live/unknown', message: `It is unknown whether ${name} runs in ${where}: ${reason}` });
  });
}
