import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Secret } from '../../src/lib/secret.js';
import { connectOctokit } from '../../src/github/octokit.js';
import { listenOnLoopback } from '../../testing/loopback.js';

const TOKEN = 'ghs_only_for_the_api';

let api: Server;
let other: Server;
let requests: { url?: string; authorization?: string; body: string }[];

async function listen(answer: RequestListener): Promise<Server> {
  const server = createServer(answer);
  await listenOnLoopback(server);
  return server;
}
const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

beforeEach(async () => {
  requests = [];
  other = await listen(({ url }, response) => {
    requests.push({ url: `other${url}`, body: '' });
    response.end('{}');
  });
  api = await listen((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { url = '', headers } = request;
      requests.push({ url, authorization: headers.authorization, body });
      const redirects: Record<string, string> = {
        '/repos/acme/old': '/repositories/7',
        '/repos/acme/away': `${urlOf(other)}/repositories/7`,
        '/repos/acme/loop': '/repos/acme/loop',
      };
      const location = redirects[url];
      if (location !== undefined) return response.writeHead(301, { location }).end();
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(url === '/graphql' ? { data: { viewer: { login: 'acme' } } } : { id: 7 }));
    });
  });
});
afterEach(() => {
  api.close();
  other.close();
});

const connect = async () => (await connectOctokit(urlOf(api), {}))(new Secret(TOKEN));
const repository = (repo: string) => ({ owner: 'acme', repo });

test('follows the redirect of a renamed repository, with the token', async () => {
  const octokit = await connect();
  const { data, url } = await octokit.rest.repos.get(repository('old'));
  expect([data.id, url]).toEqual([7, `${urlOf(api)}/repositories/7`]);
  expect(requests).toMatchObject([
    { url: '/repos/acme/old', authorization: `token ${TOKEN}` },
    { url: '/repositories/7', authorization: `token ${TOKEN}` },
  ]);
});

test('does not follow a redirect to another host', async () => {
  const octokit = await connect();
  await octokit.rest.repos.get(repository('away')).catch(() => {});
  expect(requests.map(({ url }) => url)).toEqual(['/repos/acme/away']);
});

test('gives up on an endless redirect after six requests', async () => {
  const octokit = await connect();
  await octokit.rest.repos.get(repository('loop')).catch(() => {});
  expect(requests).toHaveLength(6);
});

test('sends GraphQL queries and their variables to the same API', async () => {
  const octokit = await connect();
  expect(await octokit.graphql('query($x: Int) { viewer { login } }', { x: 1 })).toEqual({
    viewer: { login: 'acme' },
  });
  expect(requests).toMatchObject([{ url: '/graphql', body: expect.stringContaining('"variables":{"x":1}') }]);
});
