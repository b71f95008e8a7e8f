import { createPool } from '../../../src/builders/kaniko/build.js';

test('limits concurrent tasks, an abort ends the wait for a place, and a failed task frees its place', async () => {
  const pool = createPool(2);
  const signal = new AbortController().signal;
  const impatient = new AbortController();
  let [now, waits] = [0, 0];
  const onWait = () => void waits++;
  let most = 0;
  const task = async () => {
    most = Math.max(most, ++now);
    await new Promise((done) => setImmediate(done));
    now -= 1;
  };
  const tasks = Array.from({ length: 9 }, () => pool(task, signal, onWait));
  const waiting = pool(task, impatient.signal, onWait);
  impatient.abort(new Error('no longer'));
  await expect(waiting).rejects.toThrow('no longer');
  await Promise.all(tasks);
  const failing = pool(() => Promise.reject(new Error('task failed')), signal, onWait);
  await expect(failing).rejects.toThrow('task failed');
  await pool(task, signal, onWait);
  expect({ most, now, waits }).toEqual({ most: 2, now: 0, waits: 7 + 1 });
});
