import type { Verdict } from '../cleanup/decide.js';
import { nameOf } from '../cleanup/version.js';
import type { Problem } from '../lib/errors.js';
import { counted } from '../lib/counted.js';
import { shortDigest } from './format.js';
import { renderProblems, type Style } from './terminal.js';

/** The decision for every published version, and what became of it. */
export interface Cleanup {
  /** `planned`: nothing was deleted; `declined`: the user did not confirm. */
  status: 'planned' | 'declined' | 'done';
  verdicts: readonly Verdict[];
  warnings: readonly Problem[];
}

/** One line per version, the warnings, and a headline. */
export function renderCleanup(cleanup: Cleanup, style: Style): string {
  const lines = [
    ...(cleanup.status === 'declined' ? [] : renderVerdicts(cleanup, style)),
    ...renderProblems(cleanup.warnings, style),
    ...headline(cleanup, style),
  ];
  return `${lines.join('\n')}\n`;
}

/** Per image, each version with the reason. */
export function renderVerdicts({ status, verdicts }: Cleanup, style: Style): string[] {
  const images = [...new Set(verdicts.map(({ version }) => version.image))];
  return images.flatMap((image) => [
    style.strong(image),
    ...verdicts
      .filter(({ version }) => version.image === image)
      .map(({ version, action, reason, left }) => {
        const done = status === 'done' && left === undefined ? 'deleted' : left ? 'left' : 'delete';
        const what = action === 'keep' ? 'keep   ' : style.bad(done.padEnd(7));
        const digest = version.tags.length === 0 ? '' : `  ${style.faint(shortDigest(version.digest))}`;
        return style.fit(`  ${what}  ${nameOf(version)}${digest}  ${reason}`, 11);
      }),
  ]);
}

function headline({ status, verdicts }: Cleanup, style: Style): string[] {
  const removed = verdicts.filter(({ action, left }) => action === 'delete' && left === undefined);
  const kept = counted(verdicts.length - removed.length, 'version');
  const good = (text: string) => style.fit(`${style.good('✓')} ${style.strong(text)}`, 2);
  switch (status) {
    case 'declined':
      return [`– ${style.strong('Not confirmed. Nothing was deleted.')}`];
    case 'planned': {
      const command = removed.length === 0 ? [] : [style.faint('  Delete them: image-release cleanup --yes')];
      return [
        good(`Would delete ${counted(removed.length, 'version')} and keep ${kept}. Nothing was deleted.`),
        ...command,
      ];
    }
    case 'done': {
      const isRestorable = removed.some(({ version }) => version.image.startsWith('ghcr.io/'));
      const restore = isRestorable ? [style.faint('  GitHub restores deleted versions for 30 days.')] : [];
      return [good(`Deleted ${counted(removed.length, 'version')}, kept ${kept}.`), ...restore];
    }
  }
}

/** The cleanup as `cleanup --json` prints it. */
export function cleanupAsJson({ status, verdicts, warnings }: Cleanup): unknown {
  const count = (wanted: (verdict: Verdict) => boolean) => verdicts.filter(wanted).length;
  return {
    outcome: {
      status,
      kept: count(({ action }) => action === 'keep'),
      deleted: status === 'done' ? count(({ action, left }) => action === 'delete' && left === undefined) : 0,
      left: count(({ left }) => left === true),
    },
    versions: verdicts.map(({ version: { image, digest, tags }, action, reason, left }) => ({
      ...{ image, digest, tags, action, reason },
      ...(left && { left }),
    })),
    warnings,
  };
}
