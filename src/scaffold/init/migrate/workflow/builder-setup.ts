import { noteReplaced } from '../findings.js';
import { inputOf, leaveStep, type ActionStep } from './step.js';

/** What makes a builder another one than the release would start: https://github.com/docker/setup-buildx-action#inputs */
const OWN_SETTINGS = [
  ...['driver', 'driver-opts', 'endpoint', 'append', 'buildkitd-flags'],
  ...['config', 'config-inline', 'buildkitd-config', 'buildkitd-config-inline'],
];

export function readBuilderSetup(step: ActionStep): void {
  const { session, place, uses } = step;
  session.touched += 1;
  const own = OWN_SETTINGS.filter(
    (name) => inputOf(step, name) !== undefined && step.inputs.get(name) !== 'docker-container',
  );
  if (own.length > 0)
    leaveStep(
      step,
      `${uses} with \`${own.join('`, `')}\``,
      'Keep this step before the release, which builds with the present builder, or say the same under `builder`.',
    );
  else
    noteReplaced(session.findings, place, uses, 'the release, which sets its builder up when it needs one');
}

/** A release does not change the machine that it runs on, so emulation is set up before it, as today. */
export function readEmulation(step: ActionStep): void {
  const { session, place, uses } = step;
  session.touched += 1;
  session.findings.emulation ??= uses;
  noteReplaced(session.findings, place, uses, 'the same step, where a platform needs it');
  if (inputOf(step, 'image') !== undefined)
    leaveStep(step, `input \`image\` of ${uses}`, 'Write it at that step of the new workflow.');
}
