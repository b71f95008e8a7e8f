import {
  nextBuilderWarning,
  withoutFailed,
  type BuilderDecision,
  type ChoiceInputs,
} from '../../../src/builders/builder-choice.js';
import { storageProblems } from '../../../src/builders/choice/builder-checks.js';
import type { BuildkitEndpoint } from '../../../src/facts/buildkit-endpoints.js';
import type { StorageFacts } from '../../../src/facts/storage.js';
import { decide, docker, inputs, NESTED, NOTHING, ON_DISK, SERVER } from '../../builders/fixtures/choice.js';
import type { FollowedFix, Told } from '../followed-fix.js';

const ADDRESS = 'tcp://buildkitd:1234';
const endpoint = (answer: BuildkitEndpoint['answer']): BuildkitEndpoint => ({
  address: ADDRESS,
  from: 'BUILDKIT_HOST',
  answer,
});
const SERVES = endpoint({ status: 'serves' });

const told = (decision: BuilderDecision): Told =>
  decision.status === 'impossible' ? decision.problems : decision.status === 'chosen' ? decision.warnings : [];
const choose = (facts: ChoiceInputs['facts'], over: Partial<ChoiceInputs> = {}) =>
  told(decide(inputs({ ...NOTHING, ...facts }, over)));
const nested = { ...NOTHING, docker: docker(SERVER), storage: NESTED };

/** Problems when the chosen builder fails at its first layer because of this storage. */
function takenOver(storage: StorageFacts): Told {
  const asked = inputs({ ...NOTHING, docker: docker(SERVER), storage: ON_DISK, endpoints: [SERVES] });
  const first = decide(asked);
  const overlay = storageProblems(docker(SERVER), storage)[0];
  if (overlay === undefined || first.status !== 'chosen') return [];
  const next = decide(withoutFailed(asked, first.id, [overlay])!);
  return next.status === 'chosen' ? [nextBuilderWarning(overlay, next)] : [];
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
      expect(fix).toContain('Put the data of Docker or BuildKit on a volume');
      return takenOver(ON_DISK);
    },
  },
];
