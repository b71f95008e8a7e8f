import { fingerprints, image, inNewFolder, read, write } from './input-folder.js';

inNewFolder();

describe('arguments', () => {
  const BUILD = 'ARG A=1\nARG B=${A}x\nARG UNUSED=1\nFROM scratch AS base\nARG B\nRUN echo $B\n';
  const of = async (args: Record<string, string>) => (await fingerprints(image('x', { args })))['x'];
  test('one that reaches a stage only through the default of another counts', async () => {
    write({ Dockerfile: BUILD });
    expect(await of({ A: '2' })).not.toBe(await of({}));
    expect(await of({ A: '2' })).not.toBe(await of({ A: '3' }));
  });
  test('one that nothing declares or needs does not', async () => {
    write({ Dockerfile: BUILD });
    expect(await of({ OTHER: '2' })).toBe(await of({}));
    expect(await of({ UNUSED: '2' })).toBe(await of({}));
  });
  test('values are in the record as hashes alone', async () => {
    write({ Dockerfile: 'FROM scratch\nARG TOKEN\n' });
    const inputs = await read(
      image('x', { args: { TOKEN: 'very-secret' }, labels: { l: 'label-text' }, extra: { network: 'host' } }),
    );
    expect(JSON.stringify(inputs)).toMatch(/arg TOKEN.*label l.*setting network/);
    expect(JSON.stringify(inputs)).not.toMatch(/very-secret|label-text|"host"/);
  });
});
