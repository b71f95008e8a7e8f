import {
  chooseBuilder,
  tookOver,
  withoutFailed,
  type BuilderDecision,
  type ChoiceQuestion,
} from '../../../src/builders/builder-choice.js';
import { findNestedOverlay } from '../../../src/builders/choice/nested-overlay.js';
import { loadConfig } from '../../../src/config/load.js';
import type { BuildkitEndpoint } from '../../../src/facts/buildkit-endpoints.js';
import type { StorageFacts } from '../../../src/facts/storage.js';
import { docker, NESTED, NOTHING, ON_DISK, question, SERVER } from '../../builders/choice-samples.js';
import type { FollowedFix, Told } from '../followed-fix.js';

const ADDRESS = 'tcp://buildkitd:1234';
const endpoint = (answer: BuildkitEndpoint['answer']): BuildkitEndpoint => ({
  address: ADDRESS,
  from: 'BUILDKIT_HOST',
  answer,
});
const SERVES = endpoint({ status: 'serves' });
const SILENT = endpoint({ status: 'no-answer', message: 'connect ECONNREFUSED 127.0.0.1:1234' });

const told = (decision: BuilderDecision): Told =>
  decision.status === 'impossible'
    ? decision.problems
    : decision.status === 'chosen'
      ? decision.warnings
      : [];
const choose = (facts: ChoiceQuestion['facts'], over: Partial<ChoiceQuestion> = {}) =>
  told(chooseBuilder(question({ ...NOTHING, ...facts }, over)));
const nested = { ...NOTHING, docker: docker(SERVER), storage: NESTED };
const remote = (tls = '') => {
  const yaml = `images: { api: }\nbuilder: { type: remote, endpoint: '${ADDRESS}'${tls} }\n`;
  return loadConfig({ text: yaml, origin: 'image-release.yml' }).builder;
};

/** A builder that was chosen, and fails at its first layer where it stands on such a disk. */
function takenOver(storage: StorageFacts): Told {
  const asked = question({ ...NOTHING, docker: docker(SERVER), storage: ON_DISK, endpoints: [SERVES] });
  const first = chooseBuilder(asked);
  const overlay = findNestedOverlay(docker(SERVER), storage);
  if (overlay === undefined || first.status !== 'chosen') return [];
  const next = chooseBuilder(withoutFailed(asked, first.id, [overlay])!);
  return next.status === 'chosen' ? [tookOver(overlay, next)] : [];
}

export const builderFixes: FollowedFix[] = [
  {
    code: 'build/no-builder',
    provoke: () => choose(nested),
    follow({ detail }) {
      expect(detail).toContain('Set BUILDKIT_HOST=tcp://HOST:1234');
      return choose({ ...nested, endpoints: [SERVES] });
    },
  },
  {
    code: 'build/next-builder',
    provoke: () => takenOver(NESTED),
    follow({ fix }) {
      expect(fix).toContain("Put Docker's data on a volume");
      return takenOver(ON_DISK);
    },
  },
  {
    code: 'build/buildkit-unreachable',
    provoke: () => choose({ ...NOTHING, docker: docker(SERVER), endpoints: [SILENT] }, { choice: remote() }),
    follow({ fix }) {
      expect(fix).toContain('`tls` beside `endpoint` in `builder`');
      return choose({ ...NOTHING, docker: docker(SERVER), endpoints: [SERVES] }, { choice: remote() });
    },
  },
];
