import type { DraftImage } from './draft.js';
import type { Found, Repository } from './found.js';

/** What a checkout leaves out unless it is asked for: an image would get empty folders, or pointers instead of files. */
export function checkoutInputs(
  { files }: Pick<Repository, 'files'>,
  found: Pick<Found, 'images' | 'bakes'>,
  images: readonly Pick<DraftImage, 'context'>[],
): Record<string, string> {
  if (found.images.length > 0 || found.bakes.length > 0) return {};
  const modules = files.find(({ path }) => path === '.gitmodules')?.text ?? '';
  const folders = [...modules.matchAll(/^\s*path\s*=\s*(.+?)\s*$/gm)].map(([, folder]) => folder!);
  const isRead = (folder: string) =>
    images.some(
      ({ context }) =>
        context === '.' || `${folder}/`.startsWith(`${context}/`) || context.startsWith(`${folder}/`),
    );
  const large = files.some(
    ({ path, text }) => /(?:^|\/)\.gitattributes$/.test(path) && /^[^#\n]*\sfilter=lfs\b/m.test(text),
  );
  return {
    ...(folders.some(isRead) && { submodules: 'recursive' }),
    ...(large && { lfs: 'true' }),
  };
}
