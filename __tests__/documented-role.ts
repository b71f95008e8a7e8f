import { readFile } from 'node:fs/promises';
import type { PolicyRule, Role } from 'kubernetes-types/rbac/v1.js';
import { parse } from 'yaml';

/** The rules of the Role that docs/builders.md shows for a builder in a cluster. */
export async function documentedRole(builder: 'kubernetes' | 'kaniko'): Promise<PolicyRule[]> {
  const text = await readFile('docs/builders.md', 'utf8');
  const roles = [...text.matchAll(/```yaml\n(apiVersion: rbac\.authorization[^]*?)```/g)]
    .map(([, yaml]) => (parse(yaml!) as Role).rules!)
    .filter((rules) =>
      rules.some(({ resources }) => resources?.includes(builder === 'kaniko' ? 'pods/attach' : 'deployments')),
    );
  if (roles.length !== 1) throw new Error(`docs/builders.md shows ${roles.length} Roles for ${builder}`);
  return roles[0]!;
}
