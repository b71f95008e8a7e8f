import type { Answer } from './answer.js';
import type { Caller, ServedRepository } from './repository.js';
import { violations } from './rules.js';

interface PushCommand {
  before: string;
  after: string;
  name: string;
}

/** The commands of a receive-pack request (gitprotocol-pack, "Reference Update Request"). */
function parsePush(body: Buffer) {
  const commands: PushCommand[] = [];
  let capabilities: string[] = [];
  let at = 0;
  while (at + 4 <= body.length) {
    const length = parseInt(body.subarray(at, at + 4).toString(), 16);
    if (length === 0) break;
    const [line = '', more] = body
      .subarray(at + 4, at + length)
      .toString()
      .split('\0');
    if (more) capabilities = more.trim().split(' ');
    const match = /^([0-9a-f]{40}) ([0-9a-f]{40}) (.+?)\n?$/.exec(line);
    if (match) commands.push({ before: match[1] ?? '', after: match[2] ?? '', name: match[3] ?? '' });
    at += length;
  }
  return { commands, capabilities };
}

/**
 * GitHub's GH013 answer when a rule refuses one of the pushed refs; the whole push is declined then.
 * Undefined when no rule has anything against it.
 */
export function refusedPush(
  repository: ServedRepository,
  caller: Caller,
  body: Buffer,
  url: string,
): Answer | undefined {
  const { commands, capabilities } = parsePush(body);
  const refused = commands
    .map((move) => ({ move, sentences: violations(repository, caller, move) }))
    .filter(({ sentences }) => sentences.length > 0);
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
