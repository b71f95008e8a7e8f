export { connectGitHubHttp, connectOctokit } from '../github/octokit.js';
