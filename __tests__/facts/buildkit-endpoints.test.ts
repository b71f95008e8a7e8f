import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { askBuildkit, readServices } from '../../src/facts/buildkit-endpoints.js';
import { readBuilderList } from '../../src/facts/docker.js';

const servers: Server[] = [];
afterAll(() => servers.forEach((server) => server.close()));

async function listening(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("reports why an address doesn't serve BuildKit", async () => {
  const silent = await listening(createServer((socket) => socket.on('error', () => {})));
  const web = await listening(createHttpServer((_, answer) => answer.end('hello')));
  expect(await askBuildkit('tcp://127.0.0.1:9', {})).toMatchObject({
    status: 'no-answer',
    message: expect.stringContaining('ECONNREFUSED'),
  });
  expect(await askBuildkit('unix:///none', {})).toMatchObject({ message: expect.stringContaining('ENOENT') });
  expect(await askBuildkit('ssh://x', {})).toMatchObject({ message: expect.stringContaining('neither') });
  expect(await askBuildkit(web, {})).toMatchObject({ message: expect.stringContaining('protocol') });
  const tls = await askBuildkit(web, { tls: {} });
  expect(tls).toMatchObject({ message: expect.stringMatching(/^fails to set up TLS \([a-z ]+\)$/) });
  expect(await askBuildkit(silent, { timeoutMs: 200 })).toEqual({
    status: 'no-answer',
    message: 'gives no answer within 0.2 s',
  });
});

test('finds Services by their name or by the port of BuildKit', () => {
  const service = (name: string, ...ports: number[]) => ({
    metadata: { name, namespace: 'builds' },
    spec: { ports: ports.map((port) => ({ port })) },
  });
  const items = [service('web', 80), service('buildkitd', 9000), service('builder', 80, 1234), service('x')];
  expect(readServices(JSON.stringify({ items }))).toEqual([
    'tcp://buildkitd.builds.svc:9000',
    'tcp://builder.builds.svc:1234',
  ]);
});

test('reads each builder in the list of buildx once, with its error', () => {
  const lines = [
    '{"Name":"default","Driver":"docker","Nodes":[{"Name":"default","Endpoint":"default","Status":"running","Platforms":["linux/amd64*"]}]}',
    '{"Name":"default","Driver":"docker","Nodes":[{"Name":"default","Endpoint":"default","Status":"running","Platforms":["linux/amd64*"]}]}',
    '{"Name":"gone","Driver":"","Nodes":[{"Name":"","Endpoint":""}],"Err":"Cannot connect"}',
    '{"Name":"far","Driver":"remote","Nodes":[{"Name":"far0","Endpoint":"tcp://x:1","Err":"timeout"}]}',
    'not JSON',
  ];
  const node = { name: 'default', endpoint: 'default', status: 'running', platforms: ['linux/amd64'] };
  expect(readBuilderList(lines.join('\n'))).toEqual([
    { name: 'default', driver: 'docker', nodes: [node] },
    { name: 'gone', driver: '', nodes: [expect.anything()], message: 'Cannot connect' },
    { name: 'far', driver: 'remote', nodes: [expect.anything()], message: 'timeout' },
  ]);
});
