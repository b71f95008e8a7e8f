import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Answer } from './answer.js';
import { tryGit } from './git.js';
import type { Caller, ServedRepository } from './repository.js';
import { rulesFor, violations } from './rules.js';

interface PushCommand {
  before: string;
  after: string;
  name: string;
}

/** The commands of a receive-pack request (gitprotocol-pack, "Reference Update Request"), and its pack. */
function parsePush(body: Buffer) {
  const commands: PushCommand[] = [];
  let capabilities: string[] = [];
  let at = 0;
  while (at + 4 <= body.length) {
    const length = parseInt(body.subarray(at, at + 4).toString(), 16);
    if (length === 0) {
      at += 4;
      break;
    }
    const [line = '', more] = body
      .subarray(at + 4, at + length)
      .toString()
      .split('\0');
    if (more) capabilities = more.trim().split(' ');
    const match = /^([0-9a-f]{40}) ([0-9a-f]{40}) (.+?)\n?$/.exec(line);
    if (match) commands.push({ before: match[1] ?? '', after: match[2] ?? '', name: match[3] ?? '' });
    at += length;
  }
  return { commands, capabilities, pack: body.subarray(at) };
}

/**
 * GitHub's GH013 answer when a rule refuses one of the pushed refs; the whole push is declined then.
 * Undefined when no rule has anything against it.
 */
export async function refusedPush(
  repository: ServedRepository,
  caller: Caller,
  body: Buffer,
  url: string,
): Promise<Answer | undefined> {
  const { commands, capabilities, pack } = parsePush(body);
  const concerned = commands.filter(
    ({ name }) => name.startsWith('refs/heads/') && rulesFor(repository, name.slice('refs/heads/'.length)).length > 0,
  );
  if (concerned.length === 0) return undefined;
  const refused = await withQuarantine(repository, pack, async (quarantined) => {
    const judged = await Promise.all(
      concerned.map(async (move) => ({ move, sentences: await violations(quarantined, caller, move) })),
    );
    return judged.filter(({ sentences }) => sentences.length > 0);
  });
  if (refused.length === 0) return undefined;
  const page = `${url}/${repository.owner}/${repository.name}/rules`;
  const text = refused
    .map(
      ({ move, sentences }) =>
        `error: GH013: Repository rule violations found for ${move.name}.\n` +
        `Review all repository rules at ${page}?ref=${encodeURIComponent(move.name)}\n\n` +
        sentences.map((sentence) => `- ${sentence}\n\n`).join(''),
    )
    .join('');
  const report = [
    'unpack ok\n',
    ...commands.map(({ name }) => `ng ${name} push declined due to repository rule violations\n`),
  ];
  const status = Buffer.concat([...report.map((line) => packet(Buffer.from(line))), FLUSH]);
  const answer = capabilities.includes('side-band-64k')
    ? Buffer.concat([...chunks(Buffer.from(text), 2), ...chunks(status, 1), FLUSH])
    : status;
  return {
    status: 200,
    headers: { 'content-type': 'application/x-git-receive-pack-result', 'cache-control': 'no-cache' },
    body: answer,
  };
}

/** Unpacks the pushed objects into a throw-away repository that borrows the real one's. */
async function withQuarantine<T>(
  repository: ServedRepository,
  pack: Buffer,
  judge: (quarantined: ServedRepository) => Promise<T>,
): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'fake-github-quarantine-'));
  try {
    const cloned = await tryGit(dir, ['clone', '-q', '--bare', '--shared', repository.dir, dir]);
    if (cloned.code !== 0) throw new Error(cloned.stderr);
    if (pack.length > 0) await tryGit(dir, ['unpack-objects', '-q'], { input: pack });
    return await judge({ ...repository, dir });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const FLUSH = Buffer.from('0000');

function packet(payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from((payload.length + 4).toString(16).padStart(4, '0')), payload]);
}

/** Side-band packets of at most 65515 bytes of data. */
function chunks(data: Buffer, band: 1 | 2): Buffer[] {
  const packets: Buffer[] = [];
  for (let at = 0; at < data.length; at += 65515) {
    packets.push(packet(Buffer.concat([Buffer.from([band]), data.subarray(at, at + 65515)])));
  }
  return packets;
}
