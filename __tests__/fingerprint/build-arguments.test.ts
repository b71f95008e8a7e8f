import { fingerprints, image, inNewFolder, read, write } from './input-folder.js';

inNewFolder();

describe('build arguments', () => {
  const BUILD = 'ARG A=1\nARG B=${A}x\nARG UNUSED=1\nFROM scratch AS base\nARG B\nRUN echo $B\n';
  const of = async (args: Record<string, string>) => (await fingerprints(image('x', { args })))['x'];
  test('count if they reach a stage only through the default of another argument', async () => {
    write({ Dockerfile: BUILD });
    expect(await of({ A: '2' })).not.toBe(await of({}));
    expect(await of({ A: '2' })).not.toBe(await of({ A: '3' }));
  });
  test("don't count if no stage declares or uses them", async () => {
    write({ Dockerfile: BUILD });
    expect(await of({ OTHER: '2' })).toBe(await of({}));
    expect(await of({ UNUSED: '2' })).toBe(await of({}));
  });
  test('are in the record only as hashes, like labels and settings', async () => {
    write({ Dockerfile: 'FROM scratch\nARG TOKEN\n' });
    const inputs = await read(
      image('x', { args: { TOKEN: 'very-secret' }, labels: { l: 'label-text' }, extra: { network: 'host' } }),
    );
    expect(JSON.stringify(inputs)).toMatch(/arg TOKEN.*label l.*setting network/);
    expect(JSON.stringify(inputs)).not.toMatch(/very-secret|label-text|"host"/);
  });
});
