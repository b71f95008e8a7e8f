import stringWidth from 'string-width';
import { colorStyle, plainStyle } from '../../src/report/terminal.js';
import { frameOf, image, step, type Told } from './live-samples.js';

describe('a frame fits', () => {
  const keys = Array.from({ length: 12 }, (_, at) => `image-${at + 1}`);
  const many: Told[] = [
    [0, { type: 'stage', stage: 'plan' }],
    [1, { type: 'images', images: keys.map((key) => image(key)) }],
    [1, { type: 'stage', stage: 'build' }],
    ...keys
      .slice(0, 9)
      .map((key, at): Told => [2, { type: 'started', step: step(key, at, `[1/9] RUN ${'界'.repeat(60)}`) }]),
    ...keys
      .slice(0, 3)
      .map((key, at): Told => [3, { type: 'completed', step: step(key, 90 + at, 'exporting to image'), seconds: 1 }]),
    [4, { type: 'failed', step: step('image-9', 8, '[1/9] RUN x'), error: '', output: ['界'.repeat(80), 'b'] }],
  ];

  test.each([
    [80, 24],
    [40, 10],
    [40, 24],
    [20, 5],
    [8, 3],
    [200, 60],
  ])('%i columns and %i rows, with wide characters and colours', (columns, rows) => {
    for (const style of [plainStyle, colorStyle]) {
      const lines = frameOf(many, { columns, rows, style });
      expect(lines.length).toBeLessThan(rows);
      expect(lines.filter((line) => stringWidth(line) > columns)).toEqual([]);
    }
  });

  test('when there are too many images, those that failed or are worked on are shown, and the others counted', () => {
    expect(frameOf(many, { columns: 40, rows: 10 })).toEqual([
      '✓ plan 1.0 s  ⠋ build 3.0 s',
      ...[4, 5, 6, 7, 8].map((at) => `  ⠋ image-${at}   0/9  RUN 界界界界…  2.0 s`),
      '  ✗ image-9   failed: RUN x  2.0 s',
      '  · image-10  waiting',
      '  and 5 more: 2 waiting, 3 done',
    ]);
  });
});
