/** A wording that reads like a translation, and the better one. Source: the project's language rules. */
export interface Wording {
  pattern: string;
  message: string;
  /** Literal meanings that stay. */
  allows?: string[];
}

/** Words to replace. `pattern` is a regular expression in textlint's notation. */
export const WORDINGS: readonly Wording[] = [
  {
    pattern: '/\\b(?:stands?|stood|standing)\\b/i',
    message: 'Use is, exists, is deployed, is published, or current for "stand".',
    allows: ['/\\bstands? for\\b/i', '/outstanding/i', '/long-standing/i'],
  },
  {
    pattern: '/\\b(?:told|tells? of|is told|are told)\\b/i',
    message: 'Use reports, lists, prints, or warns for "tell".',
  },
  { pattern: '/\\bbesides?\\b/i', message: 'Use next to, with, also, or in addition for "beside".' },
  { pattern: '/\\banew\\b/i', message: 'Use again or from scratch for "anew".' },
  { pattern: '/\\bmend(?:s|ed|ing)?\\b/i', message: 'Use fix or repair for "mend".' },
  { pattern: '/\\ball the same\\b/i', message: 'Use anyway for "all the same".' },
  { pattern: '/\\bfor want of\\b/i', message: 'Use without, or because … is missing, for "for want of".' },
  { pattern: '/\\bhand(?:s|ed|ing)? over\\b/i', message: 'Use pass for "hand over".' },
  {
    pattern: '/\\b(?:hold|holds|held|holding) (?:\\w+ )?against\\b/i',
    message: 'Use compare with for "hold against".',
  },
  {
    pattern: '/\\b(?:puts?|putting) (?:a |the |its |that |no )?(?:\\w+ )?tags?\\b/i',
    message: 'Use create, move, or push a tag.',
  },
  { pattern: '/\\bcomes? (?:of|to pass)\\b/i', message: 'Use results from, or happens.' },
  {
    pattern: '/\\b(?:for ever|no news|way out|by hand over)\\b/i',
    message: 'Delete it, or use the plain word (fix for "way out").',
  },
  {
    pattern: '/\\b(?:lies|lie) (?:in|at|on|under|there|beneath)\\b/i',
    message: 'Use is in, or is stored in, for "lie in".',
  },
  {
    pattern: "/\\bof (?:one's|its|their|his|your) own\\b(?! (?:cache|folder|value|version))/i",
    message: 'Use dedicated, separate, or private for "of its own".',
  },
  {
    pattern: '/\\b(?:is|are) (?:asked for|waited for|looked at|looked for|gone back to)\\b/i',
    message: 'Name the actor and use the active voice.',
  },
  {
    pattern: '/(?:^|[.:;] )Where (?:it|there|none|nothing|no|that|this|they|a|an|the|one|several|both|all|neither)\\b/',
    message: 'Start a condition with If or When. Where is for places.',
  },
  {
    pattern:
      '/(?:^|[.:;] )(?:What|Who|Whoever|Whatever) (?!.*\\?)[^.]* (?:is|are|was|were|has|have|can|may|must|counts?|gets?|needs?|wants?|stays?|goes|go)\\b/',
    message: 'Name the thing instead of a clause with What or Who.',
  },
  { pattern: '/’/', message: "Use a straight apostrophe (')." },
  { pattern: '/\\bcan not\\b/i', message: "Write can't or cannot as one word." },
];
