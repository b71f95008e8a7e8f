import type { Problem } from '../lib/errors.js';
import { VERSION } from '../version.js';

const ERRORS = `https://github.com/ardenone/image-release/blob/v${VERSION}/docs/errors.md`;

/** Where this version's documents explain an error. GitHub makes an anchor of a heading without its punctuation. */
export function errorPage(code: Problem['code']): string {
  return `${ERRORS}#${code.replaceAll('/', '')}`;
}
