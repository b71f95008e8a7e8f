import type { TextFile } from '../../../src/facts/build-files-checkout.js';
import type { DispatchStage, Over } from '../../builders/dispatch/stage.js';
import type { Told } from '../followed-fix.js';

export const PATH = '.github/workflows/release.yml';

/** A checkout whose one workflow says this. */
export const only = (text: string, path = PATH): TextFile[] => [{ path, text }];

/** A release of the checkout as it stands: what stands in its way. */
export const released =
  (stage: () => DispatchStage) =>
  async (over?: Over): Promise<Told> => {
    const ended = await stage().release(over);
    if (ended.problems.length === 0) expect(ended.released?.result.images).toHaveLength(2);
    return ended.problems;
  };
