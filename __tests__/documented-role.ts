import { readFile } from 'node:fs/promises';
import type { PolicyRule, Role } from 'kubernetes-types/rbac/v1.js';
import { parse } from 'yaml';

/** The rules of the Role that a document shows. */
export async function documentedRole(document: 'docs/builders.md' | 'docs/build.md'): Promise<PolicyRule[]> {
  const text = await readFile(document, 'utf8');
  const [, yaml] = /```yaml\n(apiVersion: rbac\.authorization[^]*?)```/.exec(text) ?? [];
  if (yaml === undefined) throw new Error(`${document} shows no Role`);
  return (parse(yaml) as Role).rules!;
}
