/** What a summary says, without where its links lead. */
export function withoutLinks(summary: string): string {
  return summary.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1');
}
