import { nodeId, repositoryPageUrl } from './representations.js';
import type { Call } from './route.js';

/** What clients read of `GET /repos/{owner}/{repo}`. */
export function repositoryJson(call: Pick<Call, 'repository' | 'urls'>) {
  const { repository } = call;
  return {
    id: repository.id,
    node_id: nodeId('R', repository.id),
    name: repository.name,
    full_name: `${repository.owner}/${repository.name}`,
    private: repository.private === true,
    html_url: repositoryPageUrl(call),
    default_branch: repository.defaultBranch,
  };
}
